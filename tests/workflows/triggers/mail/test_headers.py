"""Headers of mails: who wrote, who is answered, and the subject as programs show it."""

import pytest

from workflows.triggers.mail import mime

HEAD = b"From: Mia <mia@c.example>\r\nSubject: Hi\r\nMessage-ID: <a@b>\r\nMIME-Version: 1.0\r\n"


@pytest.mark.parametrize(
    ("written", "sender"),
    [
        ("=?utf-8?Q?Bj=C3=B6rk=2C_Ada?= <ada@buyer.example>", "ada@buyer.example"),
        ("=?iso-8859-1?B?TfxsbGVyLCBK9nJn?= <j@buyer.example>", "j@buyer.example"),
        ('"=?utf-8?Q?M=C3=BCller=2C_J?=" <j@buyer.example>', "j@buyer.example"),
        ("=?utf-8?Q?boss=40shop.example=2C?= <mallory@evil.example>", "mallory@evil.example"),
        ("=?utf-8?Q?boss=40shop.example=3E=20?= <mallory@evil.example>", "mallory@evil.example"),
        ("=?utf-8?B?Ym9zc0BzaG9wLmV4YW1wbGU=?=", ""),
        ("=?utf-8?Q?M=C3=BCller=2C?=\r\n =?utf-8?Q?_J?=\r\n <j@b.example>", "j@b.example"),
        ("ada@b.example (=?utf-8?Q?boss=40shop.example=2C_A?=)", "ada@b.example"),
        ("Jörg Müller <j@buyer.example>", "j@buyer.example"),
        ("Müller, Jörg <j@buyer.example>", "j@buyer.example"),
        ("Ada [Shop] <ada@buyer.example>", "ada@buyer.example"),
        ("ada@buyer.example <ada@buyer.example>", "ada@buyer.example"),
        ("boss@shop.example <mallory@evil.example>", ""),
        ("boss@shop.example, mallory@evil.example", ""),
        ("a@b.example\r\nFrom: c@d.example", ""),
        ("bo\u200bss@shop.example", ""),
        ("undisclosed-recipients:;", ""),
        ("", ""),
    ],
)
def test_a_mail_is_from_its_address_and_never_from_its_name(written: str, sender: str) -> None:
    """Whoever is named in a display name did not write."""
    assert mime.read(f"From: {written}\r\n\r\nhi".encode()).sender == sender


@pytest.mark.parametrize(
    ("written", "subject"),
    [
        ("Rückgabe Größe".encode(), "Rückgabe Größe"),
        ("Rückgabe".encode("cp1252"), "Rückgabe"),
        (b"=?iso-8859-1?Q?=80_50?=", "€ 50"),
        (b"=?utf-8?B?R3LDtg==?= =?utf-8?B?w59l?=", "Größe"),
        (b"=?utf-8?Q?Gr=C3?= =?utf-8?Q?=B6=C3=9Fe?=", "Größe"),
        (b"=?utf-8?Q?Gr?= =?iso-8859-1?Q?=F6=DFe?= =?utf-8?Q?r?=", "Größer"),
        (b"=?utf-8*de?Q?Gr=C3=B6=C3=9Fe?= of it", "Größe of it"),
        (b"=?utf-8?Q?Lamp broken?=", "Lamp broken"),
        (b"Re: =?utf-8?Q?a?=b", "Re: ab"),
        (b"=?utf-8?B?!!!?= =?x?q?=41?=", "A"),
        ("Bu\u0308hne".encode(), "Bühne"),
    ],
)
def test_a_subject_is_read_as_programs_show_it(written: bytes, subject: str) -> None:
    assert mime.read(b"From: a@b.example\r\nSubject: " + written + b"\r\n\r\nhi").subject == subject


def test_reply_to_is_an_address_and_stands_beside_the_sender() -> None:
    name = "=?utf-8?Q?" + "x" * 400 + "?="
    raw = f"From: web@shop.example\r\nReply-To: {name} <ada@buyer.example>\r\n\r\nhi".encode()
    mail = mime.read(raw)
    assert (mail.sender, mail.reply_to) == ("web@shop.example", "ada@buyer.example")
    assert mail.headers["reply-to"] == "ada@buyer.example"

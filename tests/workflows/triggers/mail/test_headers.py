"""Headers of mails: who wrote, who is answered, and the subject as programs show it."""

from email import message_from_bytes
from email.message import Message

import pytest

from workflows.triggers.mail import headers, mime

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


def message(head: str) -> Message:
    return message_from_bytes(head.encode() + b"\r\n\r\nhi")


def test_every_header_of_a_name_is_read_whatever_its_case() -> None:
    mail = message("Received: by one\r\nX-Other: no\r\nRECEIVED: by two")
    assert headers.all_headers(mail, "received") == ["by one", "by two"]
    assert headers.first_header(mail, "Received") == "by one"
    assert headers.first_header(mail, "X-None") == ""


def test_a_header_is_cut_where_it_is_too_long() -> None:
    assert headers.header_value("x" * headers.LONGEST) == "x" * headers.LONGEST
    assert headers.header_value("x" * (headers.LONGEST + 1)) == "x" * headers.LONGEST


@pytest.mark.parametrize(
    ("head", "sender"),
    [
        ("From: Mia <Mia@c.example>", "Mia@c.example"),
        ("From: mia@c.example\r\nFrom: MIA@C.EXAMPLE", "MIA@C.EXAMPLE"),
        ("From: mia@c.example, eve@d.example", ""),
        ("Sender: mia@c.example", ""),
        (f"From: {'x' * 64}@c.example", f"{'x' * 64}@c.example"),
        (f"From: {'x' * 65}@c.example", ""),
    ],
)
def test_a_sender_is_one_address(head: str, sender: str) -> None:
    assert headers.sender(message(head)) == sender


def test_the_first_of_several_addresses_is_answered() -> None:
    assert (
        headers.reply_to(message("Reply-To: nonsense, a@b.example, c@d.example")) == "a@b.example"
    )
    assert headers.reply_to(message("From: a@b.example")) == ""


@pytest.mark.parametrize(
    ("written", "decoded"),
    [
        ("Lamp", "Lamp"),
        ("=?utf-8?q?Gr=C3=BC=C3=9Fe_an_Mia?=", "Grüße an Mia"),
        ("Re: =?utf-8?B?R3LDvMOfZQ==?= you", "Re: Grüße you"),
        ("=?utf-8?B?R3LDvMOfZQ?=", "Grüße"),  # without its filling
        ("=?utf-8?q?a?=  =?utf-8?q?b?=", "ab"),
        ("=?utf-8?q?a?= and =?utf-8?q?b?=", "a and b"),
        ("=?utf-8*en?q?a?=", "a"),
        ("=?utf-8?x?a?=", "=?utf-8?x?a?="),
        ("", ""),
    ],
)
def test_encoded_words_are_decoded_where_they_stand(written: str, decoded: str) -> None:
    assert headers.decoded_header(written) == decoded

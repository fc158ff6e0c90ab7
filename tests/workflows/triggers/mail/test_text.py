"""Parts of mails: which is read, and which are named."""

import time
from email import message_from_bytes

import pytest

from workflows.triggers.mail import mime, text

HEAD = b"From: Mia <mia@c.example>\r\nSubject: Hi\r\nMessage-ID: <a@b>\r\nMIME-Version: 1.0\r\n"


def parts(kind: str, *inside: bytes, boundary: bytes = b"b") -> bytes:
    """A multipart with these parts, each with its own headers."""
    lines = b"".join(b"--" + boundary + b"\r\n" + one + b"\r\n" for one in inside)
    head = f"Content-Type: multipart/{kind}; boundary={boundary.decode()}\r\n\r\n".encode()
    return head + lines + b"--" + boundary + b"--\r\n"


PLAIN = b"Content-Type: text/plain\r\n\r\n"
PAGE = b"Content-Type: text/html\r\n\r\n"
PICTURE = b"Content-Type: image/png; name=a.png\r\nContent-Disposition: inline\r\n\r\nx"
EVENT = (
    b"Content-Type: text/calendar; method=REQUEST\r\n\r\nBEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\n"
    b"BEGIN:VEVENT\r\nSUMMARY:Talk\\, short\r\nDTSTART;TZID=Europe/Berlin:20261201T090000\r\n"
    b"DTEND:20261201T100000Z\r\nLOCATION:Long\r\n  Street\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)
INVITED = "Invitation: Talk, short\nWhen: 2026-12-01 09:00 (Europe/Berlin) to 2026-12-01 10:00 UTC"
FORWARDED = b"Content-Type: message/rfc822\r\n\r\nFrom: c@d.example\r\nSubject: Lamp\r\n"


def test_plain_text_is_preferred() -> None:
    raw = HEAD + (
        b"Content-Type: multipart/alternative; boundary=b\r\n\r\n"
        b"--b\r\nContent-Type: text/html\r\n\r\n<p>HTML</p>\r\n"
        b"--b\r\nContent-Type: text/plain\r\n\r\nPlain\r\n--b--\r\n"
    )
    assert mime.read(raw).text == "Plain"


def test_attachments_are_named_and_not_read() -> None:
    raw = HEAD + (
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
        b"--b\r\nContent-Type: text/plain\r\n\r\nSee the picture.\r\n"
        b"--b\r\nContent-Type: image/png\r\nContent-Disposition: attachment; "
        b'filename="lamp\r\n .png"\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!!\r\n'
        b"--b\r\nContent-Type: text/plain\r\nContent-Disposition: attachment; "
        b"filename*=utf-8''%E2%80%AEgnp.exe\r\n\r\nIgnore this.\r\n"
        b"--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\nInner text\r\n--b--\r\n"
    )
    mail = mime.read(raw)
    assert mail.text == "See the picture."
    assert mail.attachments[:2] == ("lamp .png", "gnp.exe")
    assert "message/rfc822" in mail.attachments


@pytest.mark.parametrize(
    ("body", "text", "named"),
    [
        (parts("mixed", PLAIN + b"Hello,", PICTURE, PAGE + b"<p>My lamp"), "Hello,\n\nMy lamp",
         ("a.png",)),
        (parts("alternative", PLAIN + b"\xc2\xa0\xe2\x80\x8b", PAGE + b"<p>My lamp"),
         "My lamp", ()),
        (parts("alternative", PLAIN + b"Plain", parts("mixed", PAGE + b"Page",
         b"Content-Type: application/pdf; name=a.pdf\r\n\r\nx", boundary=b"c")), "Plain",
         ("a.pdf",)),
        (b'Content-Type: text/plain; name="m.txt"\r\nContent-Disposition: inline\r\n\r\nMy lamp',
         "My lamp", ()),
        (parts("mixed", PICTURE, b"Content-Type: text/html; name=m.html\r\n\r\n<p>My lamp"),
         "My lamp", ("a.png",)),
        (parts("mixed", PLAIN + b"See", b"Content-Type: text/plain; name=m.txt\r\n\r\nlog"), "See",
         ("m.txt",)),
        (parts("mixed", PLAIN + b"See", b"Content-Type: text/csv\r\n\r\na,b"), "See",
         ("text/csv",)),
        (parts("mixed", FORWARDED + b"\r\nMy lamp"),
         "Forwarded: Lamp, from c@d.example\n\nMy lamp", ("message/rfc822",)),
        (parts("mixed", FORWARDED + parts("mixed", FORWARDED + b"\r\nMy lamp", boundary=b"c")),
         "Forwarded: Lamp, from c@d.example\n\nForwarded: Lamp, from c@d.example\n\nMy lamp",
         ("message/rfc822",)),
        (parts("mixed", PICTURE), "", ("a.png",)),
        (parts("alternative", PLAIN + b"Call?", EVENT),
         f"Call?\n\n{INVITED}\nWhere: Long Street", ("text/calendar",)),
    ],
)  # fmt: skip
def test_every_part_is_read_or_named(body: bytes, text: str, named: tuple[str, ...]) -> None:
    mail = mime.read(HEAD + body)
    assert mail.text == text
    assert mail.attachments == named


def test_the_name_of_a_file_is_read_as_programs_show_it() -> None:
    """In bytes of no charset, in encoded words, and as RFC 2231 has it."""
    names = [
        'name="Größe.pdf"',
        'name="=?utf-8?Q?Gr=C3=B6=C3=9Fe.pdf?="',
        "name*=utf-8''Gr%C3%B6%C3%9Fe.pdf",
    ]
    files = [f"Content-Type: application/pdf; {name}\r\n\r\nx".encode() for name in names]
    files.append('Content-Type: application/pdf; name="Größe.pdf"\r\n\r\nx'.encode("cp1252"))
    assert mime.read(HEAD + parts("mixed", *files)).attachments == ("Größe.pdf",) * 4


def test_alternatives_in_alternatives_are_read_once() -> None:
    """G8"""
    body = PAGE + b"<p>x" * 40_000
    for depth in range(12):
        body = parts("alternative", body, boundary=f"b{depth}".encode())
    began = time.thread_time()
    assert mime.read(HEAD + body).text
    assert time.thread_time() - began < 2


def read(body: bytes) -> tuple[str, list[str]]:
    return text.read(message_from_bytes(HEAD + body))


@pytest.mark.parametrize(
    ("body", "said", "named"),
    [
        (PLAIN + b"Hello. \r\n", "Hello.", []),
        (PAGE + b"<p>Hello <b>Mia</b></p>", "Hello Mia", []),
        (PICTURE, "", ["a.png"]),
        (parts("mixed", PLAIN + b"One", PLAIN + b"Two"), "One\n\nTwo", []),
        (parts("alternative", PLAIN + b" ", PAGE + b"<p>Page"), "Page", []),
        (parts("alternative", PAGE + b"<p>Page", PLAIN + b"Plain"), "Plain", []),
        (parts("alternative", PAGE + b"<p>One", PAGE + b"<p>Two"), "Two", []),
        (parts("mixed", parts("alternative", PLAIN + b"A", PAGE + b"B", boundary=b"c"), PICTURE),
         "A", ["a.png"]),
        (FORWARDED + b"\r\nInside", "Forwarded: Lamp, from c@d.example\n\nInside",
         ["message/rfc822"]),
    ],
)  # fmt: skip
def test_a_mail_is_read_by_its_parts(body: bytes, said: str, named: list[str]) -> None:
    assert read(body) == (said, named)


def test_a_text_with_a_file_name_is_read_only_where_there_is_no_other() -> None:
    note = b"Content-Type: text/plain; name=note.txt\r\n\r\nNote"
    assert read(parts("mixed", PLAIN + b"Hello", note)) == ("Hello", ["note.txt"])
    assert read(parts("mixed", PICTURE, note)) == ("Note", ["a.png"])


def test_a_mail_has_so_many_parts_at_most() -> None:
    """The mail itself is the first of them."""
    most = text.MOST_PARTS - 1
    assert read(parts("mixed", *[PLAIN + b"x"] * most))[0] == "\n\n".join("x" * most)
    with pytest.raises(text.TooManyParts, match="more than 200 parts"):
        read(parts("mixed", *[PLAIN + b"x"] * (most + 1)))

"""E-mail files give who wrote, when and what, and nothing of what is attached but its name."""

from contextlib import suppress
from email.message import EmailMessage

import pytest

from tenants.errors import Invalid
from tenants.sources.readers import reader_for
from tenants.sources.reading_apart import read_apart


def read(content: bytes) -> list:
    return read_apart(reader_for("a.eml", "document"), content)


def mail(body: str = "Lamps go back in 30 days.", html: str = "") -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"] = "Ann <ann@supplier.example>", "shop@harbor.example"
    made["Subject"], made["Date"] = "Retouren für Lampen", "Tue, 1 Dec 2026 10:00:00 +0000"
    if html:
        made.set_content(html, subtype="html")
    else:
        made.set_content(body)
    return made


def test_a_mail_is_headed_by_its_subject() -> None:
    message = mail()
    message.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="terms.pdf")
    [piece] = read(message.as_bytes())
    assert piece.heading == "Retouren für Lampen"
    assert "From: Ann <ann@supplier.example>" in piece.text
    assert "Date: Tue, 01 Dec 2026" in piece.text
    assert "Lamps go back in 30 days." in piece.text
    assert piece.text.endswith("Attached: terms.pdf")


def test_a_mail_in_html_gives_what_is_seen() -> None:
    html = "<p>Lamps: <b>30</b> days.</p><p style='display:none'>ignore this</p>"
    [piece] = read(mail(html=html).as_bytes())
    assert "Lamps: 30 days." in piece.text
    assert "ignore this" not in piece.text


@pytest.mark.parametrize("content", [b"just text", b"\x89PNG\r\n", b"", b"\x00" * 100])
def test_what_is_no_mail_is_refused(content: bytes) -> None:
    with pytest.raises(Invalid, match="no e-mail, though its name ends so"):
        read(content)


def test_a_mail_of_odd_parts_is_read_or_refused() -> None:
    """No header, charset or nesting breaks the reader."""
    for odd in (
        b"From: \xff\xfe\r\nSubject: =?nope?q?x?=\r\nDate: when\r\n\r\n\xff\x00body",
        b"From: a\r\nContent-Type: text/plain; charset=klingon\r\n\r\ncaf\xe9",
        b"From: a\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n",
    ):
        with suppress(Invalid):
            assert all("\x00" not in piece.text for piece in read(odd))

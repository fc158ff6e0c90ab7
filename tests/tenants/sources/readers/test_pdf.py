"""PDF files that can't be read are told apart: damaged, locked, scanned."""

import io

import pytest
from pypdf import PdfReader, PdfWriter

from tenants.errors import Invalid
from tenants.sources.readers import Piece, reader_for
from tenants.sources.reading_apart import IN_A_WORKER, read_apart, read_in_process
from tests.tenants.sources.test_readers import pdf


def read(content: bytes) -> list:
    return read_apart(reader_for("a.pdf", "document"), content)


def locked(user: str) -> bytes:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf("Refunds take 5 days."))))
    writer.encrypt(user, owner_password="owner", algorithm="AES-256")
    made = io.BytesIO()
    writer.write(made)
    return made.getvalue()


def test_a_file_with_a_password_is_told_as_such() -> None:
    with pytest.raises(Invalid, match="locked with a password"):
        read(locked("open sesame"))


def test_a_file_that_everybody_may_open_is_read_though_it_is_encrypted() -> None:
    assert read(locked("")) == [Piece("Page 1", "Refunds take 5 days.")]


def test_a_scan_without_text_says_what_to_do() -> None:
    writer = PdfWriter()
    writer.add_blank_page(300, 300)
    made = io.BytesIO()
    writer.write(made)
    with pytest.raises(Invalid, match=r"pictures of pages and no text.+OCR"):
        read(made.getvalue())


def test_two_thousand_pages_are_read_and_their_progress_told() -> None:
    pages = [f"Rule {n}: refunds of kind {n} take {n} days." for n in range(1, 2001)]
    told: list[tuple[int, int]] = []
    found = read_in_process(
        reader_for("a.pdf", "document"),
        pdf(*pages),
        IN_A_WORKER,
        lambda done, total: told.append((done, total)),
    )
    assert [piece.text for piece in found] == pages
    assert told == sorted(told)
    assert all(total == 2000 and 0 < done <= 2000 for done, total in told)

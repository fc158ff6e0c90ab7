"""Files of Office programs are read as people see them, and refused in words that help."""

import io
import zipfile

import pytest

from tenants.errors import Invalid
from tenants.sources.readers import Piece, reader_for
from tenants.sources.readers.archives import LARGEST_UNPACKED
from tenants.sources.readers.refusals import OLD_OFFICE
from tenants.sources.reading_apart import read_apart
from tests.tenants.sources.office_kit import archive, heading, paragraph, slides, table, word


def read(filename: str, content: bytes, kind: str = "document") -> list:
    return read_apart(reader_for(filename, kind), content)


def test_a_word_file_gives_its_text_under_its_headings() -> None:
    content = word(
        heading("Returns"),
        paragraph("Damaged items are refunded in full."),
        table(("Zone", "Days"), ("EU", "4")),
        heading("Postage"),
        paragraph("Grüße: 4,20 € je Paket."),
    )
    assert read("a.docx", content) == [
        Piece("Returns", "Damaged items are refunded in full.\nZone | Days\nEU | 4"),
        Piece("Postage", "Grüße: 4,20 € je Paket."),
    ]


def test_slides_are_headed_by_their_number_and_title() -> None:
    content = slides(
        ("Returns", "In 30 days.", "Say so at once."), ("Postage", "Is paid by us.", "")
    )
    assert read("a.pptx", content) == [
        Piece("Slide 1: Returns", "In 30 days.\nNotes: Say so at once."),
        Piece("Slide 2: Postage", "Is paid by us."),
    ]


@pytest.mark.parametrize(
    ("filename", "kind"),
    [("a.docx", "Word"), ("a.pptx", "PowerPoint"), ("a.xlsx", "Excel"), ("a.msg", "Outlook")],
)
def test_a_file_that_lies_about_its_type_is_refused(filename: str, kind: str) -> None:
    for content in (b"%PDF-1.4 ...", b"\x89PNG\r\n", b"", b"just text", archive({"a.txt": "x"})):
        with pytest.raises(Invalid, match=rf"no {kind} (file|mail), though its name ends so"):
            read(filename, content)


@pytest.mark.parametrize("filename", ["a.docx", "a.pptx", "a.xlsx"])
def test_a_locked_or_old_file_is_told_as_such(filename: str) -> None:
    """What is locked with a password today is stored in the form of before 2007."""
    with pytest.raises(Invalid, match="locked with a password, or in the form of before"):
        read(filename, OLD_OFFICE + b"\x00" * 2000)


def with_size(content: bytes, stated: int, size: int) -> bytes:
    """The archive, which states another size for its entries of one size."""
    return content.replace(size.to_bytes(4, "little"), stated.to_bytes(4, "little"))


@pytest.mark.parametrize("filename", ["a.docx", "a.pptx", "a.xlsx"])
def test_a_file_that_unpacks_to_too_much_is_not_unpacked(filename: str) -> None:
    """G8"""
    size = 0x12345
    parts = archive({f"word/{number}.xml": b" " * size for number in range(3)})
    with pytest.raises(Invalid, match="unpacks to more than 200 MB"):
        read(filename, with_size(parts, LARGEST_UNPACKED // 2, size))


def test_a_file_that_lies_about_its_size_is_refused() -> None:
    """G8: the archive states 9 bytes where 64 MB are."""
    size = 64 << 20
    content = archive({"word/document.xml": b" " * size})
    with pytest.raises(Invalid, match=r"no Word file|too much time or memory"):
        read("a.docx", with_size(content, 9, size))


def test_an_entity_bomb_in_a_word_file_is_refused() -> None:
    """G8"""
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    evil = f'<!DOCTYPE x [<!ENTITY e0 "lol">{entities}]>'
    parts = word(paragraph("&e11;"))
    with zipfile.ZipFile(io.BytesIO(parts)) as file:
        held = {name: file.read(name) for name in file.namelist()}
    held["word/document.xml"] = evil.encode() + held["word/document.xml"]
    with pytest.raises(Invalid):
        read("a.docx", archive(held))

"""Files of Office programs for tests, each made whole in memory."""

import io
import zipfile
from typing import Any

from openpyxl import Workbook
from pptx import Presentation

RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
DOCUMENT = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"


def archive(parts: dict[str, str | bytes]) -> bytes:
    """A zip archive of these parts, compressed."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
        for name, part in parts.items():
            file.writestr(name, part)
    return made.getvalue()


def word(*parts: str) -> bytes:
    """A Word file of parts of its body, each as ``heading`` or ``paragraph`` or ``table`` gives."""
    return archive(
        {
            "[Content_Types].xml": f'<Types xmlns="{TYPES}"><Default Extension="rels" '
            'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Override PartName="/word/document.xml" ContentType="{MAIN}"/></Types>',
            "_rels/.rels": f'<Relationships xmlns="{RELATIONS}"><Relationship Id="rId1" '
            f'Type="{DOCUMENT}" Target="word/document.xml"/></Relationships>',
            "word/document.xml": f'<w:document xmlns:w="{WORD}"><w:body>{"".join(parts)}'
            "</w:body></w:document>",
        }
    )


def heading(text: str) -> str:
    return f'<w:p><w:pPr><w:pStyle w:val="Heading1"/></w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>'


def paragraph(text: str) -> str:
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"


def table(*rows: tuple[str, ...]) -> str:
    cells = ["".join(f"<w:tc>{paragraph(cell)}</w:tc>" for cell in row) for row in rows]
    return f"<w:tbl>{''.join(f'<w:tr>{row}</w:tr>' for row in cells)}</w:tbl>"


def excel(sheets: dict[str, list[list[Any]]], formats: dict[str, str] | None = None) -> bytes:
    """An Excel file of sheets by title. ``formats``: cells of the first one, such as C2."""
    book = Workbook()
    assert book.active is not None
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    for cell, format_ in (formats or {}).items():
        book.worksheets[0][cell].number_format = format_
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def slides(*pages: tuple[str, str, str]) -> bytes:
    """A PowerPoint file of slides: title, text and notes."""
    made = Presentation()
    for title, text, notes in pages:
        slide = made.slides.add_slide(made.slide_layouts[1])
        slide.shapes.title.text = title
        slide.placeholders[1].text = text
        slide.notes_slide.notes_text_frame.text = notes
    held = io.BytesIO()
    made.save(held)
    return held.getvalue()

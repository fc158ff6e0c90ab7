"""Templates and style sheets are formatted, and no line is too long to read."""

from pathlib import Path

import cssbeautifier

from tests.architecture.source import ROOT

LONGEST = 120
SHEETS = [
    *sorted((ROOT / "portal/assets/css").glob("*.css")),
    *sorted((ROOT / "templates").rglob("*.css")),
]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))


def formatted(sheet: str) -> str:
    options = cssbeautifier.default_options()
    options.indent_size = 2
    options.end_with_newline = True
    options.selector_separator_newline = False
    options.newline_between_rules = False
    options.space_around_combinator = True
    return str(cssbeautifier.beautify(sheet, options))


def too_long(path: Path) -> list[str]:
    lines = enumerate(path.read_text().splitlines(), 1)
    return [f"{path.name}:{number}" for number, line in lines if len(line) > LONGEST]


def test_style_sheets_are_formatted() -> None:
    assert SHEETS
    wrong = [path.name for path in SHEETS if formatted(path.read_text()) != path.read_text()]
    assert wrong == [], "python -m tests.architecture.test_templates formats them"


def test_no_line_of_a_template_or_style_sheet_is_too_long() -> None:
    assert TEMPLATES
    assert [one for path in (*TEMPLATES, *SHEETS) for one in too_long(path)] == []


if __name__ == "__main__":
    for sheet in SHEETS:
        sheet.write_text(formatted(sheet.read_text()))

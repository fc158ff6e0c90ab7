"""Names of code in the documents are names that there are."""

import importlib
import re
from pathlib import Path

import pytest

from tests.architecture.source import APPS, ROOT

DOTTED = re.compile(rf"\b(?:{'|'.join(APPS)})(?:\.\w+)+")
# A path in backquotes; with a star, a brace or an ellipsis it stands for several.
PATHS = re.compile(rf"`((?:{'|'.join(APPS)}|tests|docs|templates)/[\w/.-]*)`")
DOCUMENTS = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "SECURITY.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]


def is_there(dotted: str) -> bool:
    """Whether a dotted name is a module, or something that a module has."""
    parts = dotted.split(".")
    for length in range(len(parts), 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:length]))
        except ModuleNotFoundError:
            continue
        for part in parts[length:]:
            if not hasattr(found, part):
                return False
            found = getattr(found, part)
        return True
    return False


def test_names_are_found_and_missing_ones_are_not() -> None:
    assert is_there("audit.outbox.enqueue")
    assert is_there("workflows.engine")
    assert not is_there("audit.outbox.owe")
    assert not is_there("audit.nothing")


def test_every_name_of_the_architecture_page_is_there() -> None:
    text = (ROOT / "docs/architecture.md").read_text().replace("/", " / ")
    names = set(DOTTED.findall(text)) - {f"{app}.md" for app in APPS}
    assert len(names) > 60
    assert sorted(name for name in names if not name.endswith(".py") and not is_there(name)) == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_path_in_a_document_is_there(path: Path) -> None:
    named = [one.rstrip("/") for one in PATHS.findall(path.read_text())]
    assert [one for one in named if not (ROOT / one).exists()] == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_the_code_of_a_document_imports_is_there(path: Path) -> None:
    lines = re.findall(r"^from (\S+) import ([\w, ]+)$", path.read_text(), re.M)
    named = [f"{module}.{name.strip()}" for module, names in lines for name in names.split(",")]
    assert [name for name in named if not is_there(name)] == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_to_another_document_leads_somewhere(path: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", path.read_text())
    assert [one for one in links if not (path.parent / one).exists()] == []

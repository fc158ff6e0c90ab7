"""File readers, one module a format; each turns bytes into passages or records.

A reader module has ``SUFFIXES``, ``KIND`` ("document" or "records"), ``MEDIA_TYPE`` and
``read(content)``. Adding a file registers it. Large libraries are imported inside ``read``: the web
knows the endings and reads nothing.
"""

import codecs
import importlib
import pkgutil
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import PurePath
from typing import Any

from tenants.errors import Invalid
from tenants.text.plain_text import normal

UNKEPT = re.compile("[\x00\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Piece:
    """A passage of a document: a heading (may be empty) and its plain text."""

    heading: str
    text: str


@dataclass(frozen=True, slots=True)
class Reader:
    """A reader of one format: its file endings, its kind, and its function."""

    name: str
    suffixes: tuple[str, ...]
    kind: str
    media_type: str
    read: Callable[[bytes], list[Any]]


@cache
def readers() -> dict[tuple[str, str], Reader]:
    """Return the readers by kind and file ending."""
    found = {}
    for info in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{info.name}")
        if not hasattr(module, "SUFFIXES"):
            continue
        reader = Reader(info.name, module.SUFFIXES, module.KIND, module.MEDIA_TYPE, module.read)
        found.update({(reader.kind, suffix): reader for suffix in reader.suffixes})
    return found


def reader_for(filename: str, kind: str) -> Reader:
    """Return the reader of a file's ending and kind. Raises Invalid where there is none."""
    suffix = PurePath(filename).suffix.lower()
    reader = readers().get((kind, suffix))
    if reader is None:
        can = ", ".join(suffixes(kind))
        raise Invalid(
            f"“{filename}” can't be read as {kind}. Upload one of these: {can}.",
            code="unreadable_source",
        )
    return reader


def suffixes(kind: str) -> list[str]:
    """Return the file endings that can be read as a kind, in order."""
    return sorted(suffix for of, suffix in readers() if of == kind)


def decode(content: bytes) -> str:
    """Return the text of an uploaded file.

    Raises Invalid unless it is UTF-8, or UTF-16 with the mark that programs write before it.
    """
    is_wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        return storable_text(content.decode("utf-16" if is_wide else "utf-8-sig"))
    except UnicodeDecodeError as error:
        raise Invalid(
            f"The file is not UTF-8 text (byte {error.start}). Save it as UTF-8 and upload again.",
            code="unreadable_source",
        ) from error


def storable_text(text: str) -> str:
    """Return text in its one form, without what Postgres can't store: NUL, half surrogate pairs."""
    return normal(UNKEPT.sub("", text))

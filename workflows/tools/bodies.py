"""Bodies of HTTP answers as Postgres can keep them: JSON of any charset, else text. Pure."""

import codecs
import json
import math
import re
from decimal import Decimal, InvalidOperation
from typing import Any

from tenants.text.json_depth import is_deeper

LONGEST_TEXT = 4000  # characters that are kept of a body that is no JSON
LONGEST_WORDS = 300  # characters that are kept of an error
CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:+-]{1,40})", re.I)
# Codecs that no text is sent in; some take quadratic time, which a hostile server could use.
NO_CHARSETS = {"idna", "punycode", "raw_unicode_escape", "undefined", "unicode_escape"}
# Read as Windows-1252, as all browsers do (WHATWG Encoding Standard).
READ_AS_WINDOWS = {"ascii", "iso8859-1"}
WORDS = ("error", "errors", "message", "detail", "title", "reason", "description")


def decode_body(kind: str, body: bytes) -> Any:
    """Return a body of media type ``kind`` as JSON if it can be kept, else as text."""
    text = _text(kind, body).replace("\x00", "\ufffd")
    if "json" in kind.lower() or text.lstrip()[:1] in ("{", "["):
        try:
            return parse_body(text)
        except (ValueError, RecursionError):
            pass
    return text[:LONGEST_TEXT]


def _text(kind: str, body: bytes) -> str:
    guessed = json.detect_encoding(body)
    is_marked = body.startswith(codecs.BOM_UTF8) or (
        # UTF-16 or UTF-32, which an odd number of bytes can't be.
        guessed.startswith("utf-") and guessed != "utf-8" and len(body) % 2 == 0
    )
    if is_marked:
        return body.decode(guessed, "replace")
    declared = CHARSET.search(kind)
    return body.decode(_codec(declared[1]) if declared else "utf-8", "replace")


def _codec(name: str) -> str:
    """Return the codec of a charset's name; UTF-8 for an unknown name."""
    try:
        found = codecs.lookup(name)
        "".encode(found.name)
    except (LookupError, ValueError):
        return "utf-8"
    if found.name in NO_CHARSETS:
        return "utf-8"
    return "cp1252" if found.name in READ_AS_WINDOWS else found.name


def parse_body(text: str) -> Any:
    """Return a text as JSON. Raises ValueError for NaN, NUL and half surrogate pairs.

    A number that no float has exactly is kept as text, so that people see it as it came.
    """
    value = json.loads(text, parse_constant=_refuse_constant, parse_float=_parse_float)
    if is_deeper(value):
        raise ValueError("it is nested too deep")
    kept = json.dumps(value, ensure_ascii=False, allow_nan=False)
    kept.encode()
    if "\\u0000" in kept:
        raise ValueError("Postgres keeps no NUL")
    return value


def error_words(body: Any) -> str:
    """Return the words of an error in a body, cut to LONGEST_WORDS; empty without any."""
    for _ in range(4):
        if isinstance(body, list) and body:
            body = body[0]
        elif isinstance(body, dict):
            named = next((body[name] for name in WORDS if body.get(name)), None)
            if not isinstance(named, str | dict | list):
                break
            body = named
    said = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False) if body else ""
    said = " ".join(said[: 4 * LONGEST_WORDS].split())
    return said if len(said) <= LONGEST_WORDS else f"{said[:LONGEST_WORDS]}…"


def _parse_float(text: str) -> float | str:
    found = float(text)
    try:
        is_exact = math.isfinite(found) and Decimal(repr(found)) == Decimal(text)
    except InvalidOperation:  # an exponent that decimals don't hold either
        is_exact = False
    return found if is_exact else text


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")

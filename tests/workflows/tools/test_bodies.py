"""Bodies of answers: JSON of any charset is JSON, and what can't be kept as such is text."""

import json
import time
from typing import Any

import pytest

from workflows.tools.bodies import decode_body, error_words

JSON = "application/json"
LATIN = f"{JSON}; charset=ISO-8859-1"


@pytest.mark.parametrize(
    ("kind", "body", "kept"),
    [
        (JSON, b'\xef\xbb\xbf{"id": "r1"}', {"id": "r1"}),
        (JSON, '{"c": "Jörg"}'.encode("utf-16"), {"c": "Jörg"}),
        (JSON, '{"c": "Jörg"}'.encode("utf-16-be"), {"c": "Jörg"}),
        (JSON, '{"c": "Jörg"}'.encode("utf-32"), {"c": "Jörg"}),
        (LATIN, '{"c": "Jörg"}'.encode("latin-1"), {"c": "Jörg"}),
        (LATIN, b'{"c": "48 \x80"}', {"c": "48 €"}),
        (f'{JSON}; charset="windows-1251"', '{"c": "Да"}'.encode("cp1251"), {"c": "Да"}),
        (f"{JSON};charset=Shift_JIS", '{"c": "東京"}'.encode("shift_jis"), {"c": "東京"}),
        (f"{JSON}; charset=utf8", b'\xef\xbb\xbf{"c": 1}', {"c": 1}),
        (f"{JSON}; charset=none-such", '{"c": "Jörg"}'.encode(), {"c": "Jörg"}),
        (f"{JSON}; charset=base64", b'{"c": 1}', {"c": 1}),
        (f"{JSON}; charset=punycode", b'{"c": 1}', {"c": 1}),
        ("application/vnd.shop+JSON", b'{"c": 1}', {"c": 1}),
        ("text/html", b' {"c": 1}', {"c": 1}),
        ("", b"[1]", [1]),
        ("text/plain", b"done", "done"),
        ("text/plain", b"{done}", "{done}"),
        (JSON, b"OK", "OK"),
        ("text/plain; charset=latin1", "Jörg".encode("latin-1"), "Jörg"),
    ],
)
def test_a_body_is_read_as_it_is_meant(kind: str, body: bytes, kept: Any) -> None:
    assert decode_body(kind, body) == kept


@pytest.mark.parametrize("charset", ["punycode", "idna", "utf-7", "unicode_escape", "utf-8"])
def test_no_charset_makes_a_body_slow(charset: str) -> None:
    body = b'{"a": "' + b"a-" * 500_000 + b'"}'
    began = time.perf_counter()
    decode_body(f"{JSON}; charset={charset}", body)
    assert time.perf_counter() - began < 2


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"error": "already_refunded", "ok": False}, "already_refunded"),
        ({"error": {"message": "Too late", "code": 7}}, "Too late"),
        ({"errors": [{"detail": "Too late"}]}, "Too late"),
        ({"message": " Too\n late "}, "Too late"),
        ({"ok": False}, '{"ok": false}'),
        ({"error": True, "id": 7}, '{"error": true, "id": 7}'),
        ([], ""),
        ("", ""),
        (None, ""),
        ("<h1>No</h1>", "<h1>No</h1>"),
        ({"error": "x" * 5000}, "x" * 300 + "…"),
    ],
)
def test_what_a_body_says_of_an_error_is_found_and_cut(body: Any, said: str) -> None:
    assert error_words(body) == said
    json.dumps(error_words(body))

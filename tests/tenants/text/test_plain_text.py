"""One form for texts, and charsets as programs read them: what looks alike is found alike."""

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.text.charsets import decode_text, page_charset
from tenants.text.plain_text import as_key, is_blank, normal, to_nfc


@pytest.mark.parametrize(
    ("written", "one_form"),
    [
        ("Bu\u0308hne", "Bühne"),
        ("certi\ufb01cate, o\ufb03ce", "certificate, office"),
        ("Rück\u00adgabe", "Rückgabe"),
        ("ﷲ", "الله"),
        ("１２ ①", "１２ ①"),
    ],
)
def test_what_looks_alike_has_one_form(written: str, one_form: str) -> None:
    assert normal(written) == one_form
    assert normal(one_form) == one_form


@pytest.mark.parametrize("marks", ["\u0301\u0323", "\u0344", "\u0f73", "\u0301"])
def test_a_letter_with_very_many_marks_takes_no_long_time(marks: str) -> None:
    """G8: Unicode puts them in order in the square of their number."""
    began = time.thread_time()
    assert len(normal("a" + marks * 300_000)) < 100
    assert time.thread_time() - began < 2


@pytest.mark.parametrize("key", [" HP-1 ", "\u00a0HP-1\t", "\u200bHP-1\ufeff", "HP-1\u200e"])
def test_a_key_has_nothing_around_it(key: str) -> None:
    assert as_key(key) == "HP-1"
    assert as_key(unicodedata.normalize("NFD", "Bühne 7")) == "Bühne 7"


@pytest.mark.parametrize("text", ["", " \u00a0\u200b\u2060\ufeff", "\u034f\u200c\n"])
def test_blank_is_what_nobody_sees(text: str) -> None:
    assert is_blank(text)
    assert not is_blank(f"{text}.")


@pytest.mark.parametrize(
    ("content", "label", "text"),
    [
        (b"\x80 50, don\x92t", "iso-8859-1", "€ 50, don’t"),
        (b"\x80 50", "Latin1", "€ 50"),
        (b"\x80 50", "us-ascii", "€ 50"),
        ("Größe".encode(), "us-ascii", "Größe"),
        ("Größe".encode(), None, "Größe"),
        ("Größe".encode("cp1252"), None, "Größe"),
        ("Größe".encode("cp1252"), "klingon-9", "Größe"),
        ("ı".encode("cp1254"), "iso-8859-9", "ı"),
        ("①".encode("cp932"), "Shift_JIS", "①"),
        ("镕".encode("gb18030"), "gb2312", "镕"),
        ("Größe".encode("utf-8-sig"), "utf-8", "Größe"),
        ("Größe €".encode() + b"\x80", None, "Größe €\ufffd"),
    ],
)
def test_a_charset_is_read_as_programs_read_it(
    content: bytes, label: str | None, text: str
) -> None:
    assert decode_text(content, label) == text


def test_a_page_names_its_own_charset() -> None:
    assert page_charset(b"<META http-equiv=x content='text/html; charset=windows-1252'>") == (
        "windows-1252"
    )
    assert page_charset(b'<meta charset="koi8-r">') == "koi8-r"
    assert page_charset(b"<p>charset=x") is None


@given(
    st.text(
        st.sampled_from("ae\u0301\u0323\u0344\u0f71\u0f72\u0f73\u0f81\u05b0\u00e9가"), max_size=200
    )
)
def test_composing_gives_what_unicode_gives(text: str) -> None:
    assert to_nfc(text) == unicodedata.normalize("NFC", text)


def test_marks_out_of_order_are_put_in_order_in_time() -> None:
    """Each pair out of order costs ``unicodedata`` a walk over all of them: minutes here."""
    half = 100_000
    marks = "\u0301\u0323" * half
    assert to_nfc("a" + marks) == "\u1ea1" + "\u0323" * (half - 1) + "\u0301" * half

"""Bytes are read by the charset they name, as browsers read it."""

import pytest

from tenants.text.charsets import HEAD, decode_text, page_charset


@pytest.mark.parametrize(
    ("content", "label", "text"),
    [
        ("Grüße".encode(), "utf-8", "Grüße"),
        ("Grüße".encode(), "UTF-8", "Grüße"),
        ("Grüße".encode(), ' "utf-8" ', "Grüße"),
        ("\ufeffGrüße".encode(), "utf-8", "Grüße"),
        # Browsers read these names as the larger charset of the same letters.
        (b"48 \x80", "iso-8859-1", "48 €"),
        (b"48 \x80", "latin-1", "48 €"),
        (b"\xd0", "iso-8859-9", "Ğ"),
        ("啊€".encode("gb18030"), "gb2312", "啊€"),
        ("①".encode("cp932"), "shift_jis", "①"),
        ("똠".encode("cp949"), "euc-kr", "똠"),
        # Names that Python does not know.
        ("テ".encode("cp932"), "x-sjis", "テ"),
        ("é".encode("mac_roman"), "macintosh", "é"),
        (b"\xb2", "x-cp1251", "І"),
        # Bytes without a letter in the charset.
        (b"a\x81b", "windows-1252", "a\ufffdb"),
        (b"a\xffb", "utf-8", "a\ufffdb"),
    ],
)
def test_bytes_are_read_by_the_charset_they_name(content: bytes, label: str, text: str) -> None:
    assert decode_text(content, label) == text


@pytest.mark.parametrize(
    "label", [None, "", "ascii", "us-ascii", "no-charset", "punycode", "idna", "base64", "rot13"]
)
def test_without_a_charset_bytes_are_utf_8_or_windows_1252(label: str | None) -> None:
    assert decode_text("Grüße".encode(), label) == "Grüße"
    assert decode_text("\ufeffGrüße".encode(), label) == "Grüße"
    assert decode_text(b"Gr\xfc\xdfe", label) == "Grüße"


def test_utf_8_with_a_broken_byte_stays_utf_8_while_letters_outnumber_it() -> None:
    assert decode_text("üö".encode() + b"\xff", None) == "üö\ufffd"
    assert decode_text("ü".encode() + b"\xff", None) == "Ã¼ÿ"


@pytest.mark.parametrize(
    ("page", "charset"),
    [
        (b'<meta charset="utf-8">', "utf-8"),
        (b"<META CHARSET = windows-1252 >", "windows-1252"),
        (b"<meta http-equiv=x content='text/html; charset=koi8-r'>", "koi8-r"),
        (b"<p>charset=utf-8", None),
        (b"<meta name=x>", None),
        (b"", None),
        (b" " * (HEAD - 20) + b"<meta charset=utf-8>", "utf-8"),
        (b" " * HEAD + b"<meta charset=utf-8>", None),
    ],
)
def test_a_page_names_its_charset_at_its_beginning(page: bytes, charset: str | None) -> None:
    assert page_charset(page) == charset

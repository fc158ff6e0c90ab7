"""Bytes of files and mails become text by the charset they name, as browsers read it. Pure.

Browsers and mail programs read some names as a larger charset of the same letters
(https://encoding.spec.whatwg.org/#names-and-labels): a text labelled ISO-8859-1 may contain the
euro sign of windows-1252.
"""

import codecs
import re

# Python's name of a codec, and the codec that browsers use instead.
READ_AS = {
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "euc_kr": "cp949",
    "shift_jis": "cp932",
    "big5": "big5hkscs",
    "hz": "hz",
}
# Labels that Python does not know.
LABELS = {
    "x-sjis": "cp932",
    "windows-31j": "cp932",
    "ks_c_5601-1989": "cp949",
    "x-gbk": "gb18030",
    "x-cp1252": "cp1252",
    "x-cp1251": "cp1251",
    "x-cp1250": "cp1250",
    "x-mac-roman": "mac_roman",
    "macintosh": "mac_roman",
    "windows-874": "cp874",
    "iso-8859-8-i": "iso8859-8",
    "dos-874": "cp874",
    "unicode-1-1-utf-8": "utf-8",
    "x-unicode20utf8": "utf-8",
}
# Python's codecs that are no charsets; punycode also takes time in the square of the length.
NO_CHARSETS = {"idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape"}
# A page's own charset: <meta charset=…>, or within a Content-Type.
NAMED = re.compile(rb"""<meta[^>]{0,200}?charset\s{0,9}=\s{0,9}["']?\s{0,9}([\w.:-]{1,40})""", re.I)
HEAD = 2048  # bytes in which a page names its charset


def decode_text(content: bytes, label: str | None) -> str:
    """Return the text of bytes; bytes without a letter in the charset become U+FFFD.

    Without a label, or with an unknown label or "ascii", the bytes are read as UTF-8 where they can
    be, else as windows-1252.
    """
    codec = _codec(label)
    if codec is None or codec == "ascii":
        return _undeclared(content)
    try:
        return content.decode(codec, "replace").removeprefix("\ufeff")
    except (LookupError, ValueError):  # a Python codec that decodes no bytes
        return _undeclared(content)


def page_charset(content: bytes) -> str | None:
    """Return the charset that an HTML page names for itself, if it names one."""
    found = NAMED.search(content[:HEAD])
    return found[1].decode("ascii") if found else None


def _codec(label: str | None) -> str | None:
    name = (label or "").strip().strip("\"'").lower()
    try:
        found = codecs.lookup(LABELS.get(name, name)).name
    except (LookupError, ValueError):
        return None
    return None if found in NO_CHARSETS else READ_AS.get(found, found)


def _undeclared(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    # UTF-8 with a few broken bytes still has more letters beyond ASCII than broken ones.
    text = content.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    beyond = sum(1 for letter in text if letter > "\x7f") - broken
    return text if beyond > broken else content.decode("cp1252", "replace")

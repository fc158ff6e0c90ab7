"""Texts of files and mails get one form, so that texts that look alike are found alike. Pure.

The form is Unicode's NFC, with typographic ligatures taken apart, and without soft hyphens, which
stand inside words and are invisible.
"""

import re
import unicodedata
from functools import cache

LAST_MARK = 0x20000  # the planes above hold ideographs, tags and private characters
MOST_MARKS = 30  # marks on one letter, as in the Stream-Safe Text Format of UAX 15
# Latin, Armenian and Hebrew ligatures, and the forms of Arabic letters that PDFs hold.
TYPESET = re.compile("[\ufb00-\ufb06\ufb13-\ufb17\ufb1d-\ufb4f\ufb50-\ufdff\ufe70-\ufefc]+")
FEW = 1_000  # characters, short enough for unicodedata alone
# Marks that decompose into several, each with an order of its own.
APART = re.compile("[\u0344\u0f73\u0f75\u0f81]")
SOFT_HYPHEN = "\xad"
# Blank or invisible: spaces of every width, joiners, marks of direction and order.
AROUND = re.compile(r"[\s\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202e"
                    r"\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufffc]+")  # fmt: skip
INSIDE = re.compile(r"[\s\u00a0]+")


def normal(text: str) -> str:
    """Return the text in its one form, in time proportional to its length."""
    if text.isascii():
        return text
    text = TYPESET.sub(lambda found: unicodedata.normalize("NFKC", found[0]), text)
    text = text.replace(SOFT_HYPHEN, "")
    # Long runs of marks are cut first, as normalizing takes the square of their number.
    return unicodedata.normalize("NFC", _too_many_marks().sub(r"\1", text))


def is_blank(text: str) -> bool:
    """Return whether nothing of the text is visible."""
    return not AROUND.sub("", text)


def trimmed(text: str) -> str:
    """Return the text without blank or invisible ends, with single blanks inside."""
    first = AROUND.match(text)
    start = first.end() if first else 0
    end = len(text)
    while end > start and AROUND.match(text[end - 1]):
        end -= 1
    return INSIDE.sub(" ", text[start:end])


def as_key(text: str) -> str:
    """Return a key as it is stored and looked up: in its one form, trimmed."""
    return normal(trimmed(text))


def to_nfc(text: str) -> str:
    """Return the text in Unicode NFC, in nearly linear time.

    ``unicodedata`` sorts combining marks in time that is the square of their number. Marks that are
    sorted already take it no time, and a stable sort keeps marks of one class in order, so the
    result is the same.
    """
    if text.isascii():
        return text
    if len(text) < FEW:
        return unicodedata.normalize("NFC", text)
    text = APART.sub(lambda found: unicodedata.normalize("NFD", found[0]), text)
    text = _many_marks().sub(
        lambda found: "".join(sorted(found[0], key=unicodedata.combining)), text
    )
    return unicodedata.normalize("NFC", text)


@cache
def _too_many_marks() -> re.Pattern[str]:
    """Return a pattern of marks beyond the most that one letter may carry."""
    marks = _marks()
    return re.compile(f"([{marks}]{{{MOST_MARKS}}})[{marks}]+")


@cache
def _many_marks() -> re.Pattern[str]:
    """Return a pattern of more marks in a row than real text has."""
    return re.compile(f"[{_marks()}]{{{MOST_MARKS},}}")


@cache
def _marks() -> str:
    """Return the Unicode marks that have an order, as the content of a character class."""
    ranges: list[list[int]] = []
    for point in range(0x300, LAST_MARK):
        # A few are no marks by themselves and decompose into marks.
        if unicodedata.combining(unicodedata.normalize("NFD", chr(point))[0]):
            if ranges and ranges[-1][1] == point - 1:
                ranges[-1][1] = point
            else:
                ranges.append([point, point])
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in ranges)

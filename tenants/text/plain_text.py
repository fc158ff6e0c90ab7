"""Texts of files and mails get one form, so that what looks alike is found alike. Pure.

The form is Unicode's NFC, with the letters that a typesetter joined taken apart, and without soft
hyphens, which stand inside of words and are not seen.
"""

import re
import unicodedata
from functools import cache

LAST_MARK = 0x20000  # the planes above hold ideographs, tags and private characters
MOST_MARKS = 30  # marks on one letter, as in the Stream-Safe Text Format of UAX 15
# Latin, Armenian and Hebrew ligatures, and the forms of Arabic letters that PDFs hold.
TYPESET = re.compile("[\ufb00-\ufb06\ufb13-\ufb17\ufb1d-\ufb4f\ufb50-\ufdff\ufe70-\ufefc]+")
FEW = 1_000  # characters, for which nobody waits
# Marks that come apart into several, each with an order of its own.
APART = re.compile("[\u0344\u0f73\u0f75\u0f81]")
SOFT_HYPHEN = "\xad"
# Blank, or not seen: spaces of every width, joiners, marks of direction and order.
AROUND = re.compile(r"[\s\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202e"
                    r"\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufffc]+")  # fmt: skip
INSIDE = re.compile(r"[\s\u00a0]+")


def normal(text: str) -> str:
    """The text in its one form, in time in proportion to its length."""
    if text.isascii():
        return text
    text = TYPESET.sub(lambda found: unicodedata.normalize("NFKC", found[0]), text)
    text = text.replace(SOFT_HYPHEN, "")
    # Marks are put in order in the square of their number.
    return unicodedata.normalize("NFC", _too_many_marks().sub(r"\1", text))


def is_blank(text: str) -> bool:
    """Whether nothing of the text is seen."""
    return not AROUND.sub("", text)


def trimmed(text: str) -> str:
    """The text without what is blank or unseen at its ends, with single blanks inside."""
    first = AROUND.match(text)
    start = first.end() if first else 0
    end = len(text)
    while end > start and AROUND.match(text[end - 1]):
        end -= 1
    return INSIDE.sub(" ", text[start:end])


def as_key(text: str) -> str:
    """A key as it is kept and looked up: in its one form, without blanks around it."""
    return normal(trimmed(text))


def to_nfc(text: str) -> str:
    """The text in Unicode NFC, in time near to its length.

    ``unicodedata`` puts marks in order in the square of their number. What is in order already
    takes it no time, and order among marks of one class stays, so the result is the same.
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
    """Marks beyond the most that one letter may carry."""
    marks = _marks()
    return re.compile(f"([{marks}]{{{MOST_MARKS}}})[{marks}]+")


@cache
def _many_marks() -> re.Pattern[str]:
    """Marks in a row, more than writing has."""
    return re.compile(f"[{_marks()}]{{{MOST_MARKS},}}")


@cache
def _marks() -> str:
    """The marks of Unicode that have an order, as the inside of a character class."""
    ranges: list[list[int]] = []
    for point in range(0x300, LAST_MARK):
        # A few are no marks by themselves and come apart into marks.
        if unicodedata.combining(unicodedata.normalize("NFD", chr(point))[0]):
            if ranges and ranges[-1][1] == point - 1:
                ranges[-1][1] = point
            else:
                ranges.append([point, point])
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in ranges)

"""Hidden characters are those a reader does not see, or that change what a reader sees. Pure.

A character is hidden if it is ignorable by default, a format, control, private or unassigned
character, a line separator, or a letter or symbol that is blank. Joiners and selectors that a
script or an emoji needs are not hidden between the characters that need them; a never-rule ignores
them all the same.

Sources: Default_Ignorable_Code_Point of the Unicode Character Database, DerivedCoreProperties 17.0;
emoji sequences as in Unicode Technical Standard 51; joiners as in section 23.2 of the Unicode
Standard.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

# Ranges of Default_Ignorable_Code_Point, both ends included; unassigned ones are among them.
_IGNORABLE = (
    (0x00AD, 0x00AD),
    (0x034F, 0x034F),
    (0x061C, 0x061C),
    (0x115F, 0x1160),
    (0x17B4, 0x17B5),
    (0x180B, 0x180F),
    (0x200B, 0x200F),
    (0x202A, 0x202E),
    (0x2060, 0x206F),
    (0x3164, 0x3164),
    (0xFE00, 0xFE0F),
    (0xFEFF, 0xFEFF),
    (0xFFA0, 0xFFA0),
    (0xFFF0, 0xFFF8),
    (0x1BCA0, 0x1BCA3),
    (0x1D173, 0x1D17A),
    (0xE0000, 0xE0FFF),
)
# Letters and symbols that are blank: Braille, the place of an object, the empty note head,
# Khitan's filler, the blanks of Egyptian quadrats.
_BLANK = {0x2800, 0xFFFC, 0x1D159, 0x16FE4, 0x13441, 0x13442}
# Format characters that are drawn, such as the Arabic sign of a number.
_DRAWN = {*range(0x0600, 0x0606), 0x06DD, 0x070F, 0x0890, 0x0891, 0x08E2, 0x110BD, 0x110CD}
_CATEGORIES = {"Cf", "Cc", "Co", "Cn", "Cs", "Zl", "Zp"}
_SPOKEN = {"\n", "\t"}

# Only these can be hidden. Most texts have none of them, so one search is enough.
_CANDIDATE = re.compile(r"[^\n\t\x20-\x7e\xa0-\xac\xae-\u02ff]")

# Scripts whose letters take joiners between them: Arabic to Mandaic, the scripts of India, Sinhala,
# Tibetan, Myanmar, Khmer, Mongolian, and the presentation forms of Arabic.
_JOINING = (
    (0x0600, 0x08FF),
    (0x0900, 0x0DFF),
    (0x0F00, 0x109F),
    (0x1780, 0x18AF),
    (0xA840, 0xA877),
    (0xA8E0, 0xA8FF),
    (0xFB50, 0xFDFF),
    (0xFE70, 0xFEFC),
    (0x11000, 0x11FFF),
)
_PICTURES = (
    (0x203C, 0x203C),
    (0x2049, 0x2049),
    (0x2122, 0x2122),
    (0x2139, 0x2139),
    (0x2190, 0x21FF),
    (0x2300, 0x23FF),
    (0x24C2, 0x24C2),
    (0x25A0, 0x27BF),
    (0x2900, 0x297F),
    (0x2B00, 0x2BFF),
    (0x3030, 0x303D),
    (0x3297, 0x3299),
    (0x1F000, 0x1FAFF),
)
_HAN = ((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x323AF))
_MONGOLIAN = ((0x1800, 0x180A), (0x1810, 0x18AF))
_FLAG, _TAG_END = "\U0001f3f4", "\U000e007f"
_KEYCAP = "\u20e3"
_THIN = set("\u2006\u2007\u2008\u2009\u200a\u202f\u205f")
# What may stand before and after a soft hyphen: letters up to a blank, the signs of a sentence
# around them, more soft hyphens each between letters.
LONGEST_WORD = 60
_LETTERS = r"[^\W\d_]+(?:[-'’\xad][^\W\d_]+)*"
_WORD_BEFORE = re.compile(rf"(?:^|\s)[(\"'“‘„«]*{_LETTERS}$")
_WORD_AFTER = re.compile(rf"{_LETTERS}[)\"'”’»,.;:!?]*(?:\s|$)")
# The combining class of marks drawn over a letter: struck through, it is still the letter.
_OVERLAY = 1
_VIRAMA = 9


@lru_cache(maxsize=4096)
def is_hidden(char: str) -> bool:
    """Return whether a reader does not see this character, taken by itself."""
    point = ord(char)
    if char in _SPOKEN or point in _DRAWN:
        return False
    return (
        point in _BLANK or _within(point, _IGNORABLE) or unicodedata.category(char) in _CATEGORIES
    )


def hidden_in(text: str) -> Iterator[int]:
    """Yield the positions of hidden characters in ``text`` that nothing around them needs."""
    for found in _CANDIDATE.finditer(text):
        at = found.start()
        if is_hidden(text[at]) and not _is_needed(text, at):
            yield at


def shows_nothing(text: str) -> bool:
    """Return whether a reader sees nothing of ``text``."""
    return all(char.isspace() or is_hidden(char) for char in text)


def spelled_out(text: str) -> str:
    """Return ``text`` with every hidden character spelt out, such as ⟦U+202E⟧."""
    pieces, done = [], 0
    for at in hidden_in(text):
        pieces += [text[done:at], f"⟦U+{ord(text[at]):04X}⟧"]
        done = at + 1
    return "".join((*pieces, text[done:])) if pieces else text


def compared_forms(text: str) -> frozenset[str]:
    """Return the forms of ``text`` that a rule compares: no case, look-alikes or hidden characters.

    A hidden character or a thin space may separate words or not, as a blank letter does. So a text
    with any is read both ways, and also without its spaces.
    """
    found = {_read(text, ""), _read(text, " ")}
    return frozenset(found if len(found) == 1 else found | {unspaced(one) for one in found})


def unspaced(reading: str) -> str:
    """Return a form without its spaces."""
    return reading.replace(" ", "")


def _read(text: str, between: str) -> str:
    def seen(found: re.Match[str]) -> str:
        char = found[0]
        if is_hidden(char) or char in _THIN:
            return between
        if char.isspace():
            return " "
        return "" if _is_overlay(char) else char

    folded = unicodedata.normalize("NFKC", _CANDIDATE.sub(seen, text)).casefold()
    # Compatibility forms can contain new hidden characters, such as a Hangul filler.
    return " ".join(unicodedata.normalize("NFKC", _CANDIDATE.sub(seen, folded)).split())


def _is_overlay(char: str) -> bool:
    return unicodedata.category(char) == "Me" or unicodedata.combining(char) == _OVERLAY


def _is_needed(text: str, at: int) -> bool:
    """Return whether the characters around need the hidden one at ``at``."""
    char, before, after = text[at], text[at - 1 : at], text[at + 1 : at + 2]
    match ord(char):
        case 0x200D:
            is_of_letters = _joins_letters(before, after) or _ends_letter(before)
            return is_of_letters or (_ends_picture(text, at) and _is_picture(after))
        case 0x200C:
            return _joins_letters(before, after)
        case 0x00AD:
            return _is_in_a_word(text, at)
        case 0xFE0E | 0xFE0F:
            return _is_picture(before) or (
                bool(before) and before in "0123456789#*©®" and (after == _KEYCAP or before in "©®")
            )
        case point if 0xFE00 <= point <= 0xFE0D or 0xE0100 <= point <= 0xE01EF:
            return _in(before, _HAN)
        case 0x180B | 0x180C | 0x180D | 0x180F | 0x180E:
            return _in(before, _MONGOLIAN)
        case point if 0xE0020 <= point <= 0xE007F:
            return _is_of_a_flag(text, at)
    return False


def _is_in_a_word(text: str, at: int) -> bool:
    """Return whether the text around, up to blanks, is a word; an address or a number is not."""
    before = _WORD_BEFORE.search(text, max(0, at - LONGEST_WORD), at)
    after = _WORD_AFTER.match(text, at + 1, at + 1 + LONGEST_WORD)
    if before is None or after is None:
        return False
    # The match is limited in length, so its end may be in the middle of an address.
    return after.end() == len(text) or text[after.end() - 1].isspace()


def _joins_letters(before: str, after: str) -> bool:
    return _in(before, _JOINING) and _in(after, _JOINING)


def _ends_letter(before: str) -> bool:
    """Return whether a joiner here makes a letter of its own, as at the end of a Malayalam word."""
    return _in(before, _JOINING) and unicodedata.combining(before) == _VIRAMA


def _ends_picture(text: str, at: int) -> bool:
    """Return whether a picture ends before ``at``, with its selector or skin tone."""
    before = text[at - 1 : at]
    if before == "\ufe0f":
        before = text[at - 2 : at - 1]
    return _is_picture(before)


def _is_picture(char: str) -> bool:
    return _in(char, _PICTURES)


def _is_of_a_flag(text: str, at: int) -> bool:
    """Return whether the tag at ``at`` is part of a flag: black flag, one to six tags, end tag."""
    start = at
    while start > 0 and at - start < 8 and 0xE0020 <= ord(text[start - 1]) <= 0xE007E:
        start -= 1
    return bool(re.match("[\U000e0020-\U000e007e]{1,6}" + _TAG_END, text[start : start + 8])) and (
        text[start - 1 : start] == _FLAG
    )


def _in(char: str, ranges: tuple[tuple[int, int], ...]) -> bool:
    return bool(char) and not is_hidden(char) and _within(ord(char), ranges)


def _within(point: int, ranges: tuple[tuple[int, int], ...]) -> bool:
    return any(first <= point <= last for first, last in ranges)

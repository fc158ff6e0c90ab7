"""Conflicts between sources: another source says another number for the same words. Pure."""

from collections.abc import Sequence
from itertools import pairwise

from tenants.sources.support.judgement import SourceText, WorkCount
from tenants.sources.support.languages import ENGLISH, Language, word_table
from tenants.sources.support.quantities import Quantity
from tenants.sources.support.statements import Statement, find_statement
from tenants.sources.support.units import LOOSE, MINUTES, MONTHS

# Shares of words held in common: of the shorter statement, and of the draft's sentence.
MOST_OF_LESS, PART_OF_MORE = 0.6, 0.4
JOINING = word_table("after before from over under about into during than least most more less")


def conflicting_number(
    sentence: str,
    cited: Sequence[int],
    sources: dict[int, SourceText],
    language: Language | None,
    work: WorkCount,
) -> str:
    """Return why a supported sentence is in doubt: "Source 2 says 14 days, not 30"; or ""."""
    # A sentence of few words may show no language; words shared with a source are enough here.
    read = find_statement(sentence, language, *(one.language for one in sources.values()), ENGLISH)
    if read is None or work.is_over:
        return ""
    numbers = [one for one in read.numbers if one.kind != "thing" or one.nouns]
    if not numbers:
        return ""
    for n, said in sources.items():
        for index in _sharing(read, said, work):
            other = said.statements[index]
            if not _is_about_the_same(read, other):
                continue
            for number in numbers:
                if found := _other_number(number, other):
                    return f"Source {n} says {_with_unit(found, other)}, not {number.said}"
    return ""


def _sharing(read: Statement, said: SourceText, work: WorkCount) -> list[int]:
    """Return the indexes of the statements that share a word with the sentence."""
    found: set[int] = set()
    for word in read.content:
        places = said.by_stem.get(word, [])
        work.add(len(places))
        found.update(places)
    return sorted(found)


def _is_about_the_same(read: Statement, other: Statement) -> bool:
    """Return whether two statements share most of their words, numbers apart."""
    mine, theirs = _subject(read), _subject(other)
    if _names_another(read, other):
        return False
    both = len(mine & theirs)
    few = min(len(mine), len(theirs))
    return both > 0 and both >= MOST_OF_LESS * few and both >= PART_OF_MORE * len(mine)


def _names_another(read: Statement, other: Statement) -> bool:
    """Return whether a shared word follows another word: "standard" and "express delivery"."""
    mine, theirs = _going_before(read), _going_before(other)
    said, told = read.content, other.content
    return any(
        mine[word] not in told and theirs[word] not in said for word in mine.keys() & theirs.keys()
    )


def _going_before(one: Statement) -> dict[str, str]:
    """Return, for each stem with meaning, the stem with meaning right before it."""
    stems = [one.content_stem(word) for word in one.words]
    return {word: before for before, word in pairwise(stems) if before and word}


def _subject(one: Statement) -> frozenset[str]:
    """Return the stems of a sentence's subject: no units, no words that only join."""
    units = frozenset(noun for number in one.numbers for noun in number.nouns)
    joining = MINUTES.keys() | MONTHS.keys() | LOOSE | JOINING
    return one.content - units - {one.content_stem(w) for w in one.words if w in joining}


def _other_number(number: Quantity, other: Statement) -> Quantity | None:
    alike = [one for one in other.numbers if number.is_of_kind(one) and one.kind == number.kind]
    if not alike or any(number.means(one) for one in alike):
        return None
    return alike[0]


def _with_unit(number: Quantity, other: Statement) -> str:
    """Return the number with the word after it, as the source writes them."""
    at = other.folded.find(number.said, number.at)
    return " ".join(other.text[at:].split()[:2]).rstrip(".,;") if at >= 0 else number.said

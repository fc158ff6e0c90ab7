"""A sentence is judged against the sources it cites. Pure; the work has an upper bound."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from tenants.sources.support.contradictions import ALL_BUT_ONE, meaning_against, similarity
from tenants.sources.support.languages import ENGLISH, Language
from tenants.sources.support.quantities import CENTS_FIELD, WITH_CENTS, Quantity
from tenants.sources.support.statements import (
    LONGEST,
    Statement,
    find_statement,
    plain_of,
    record_statement,
    statements_of,
    text_language,
)
from tenants.sources.support.units import DATES

ENOUGH = 0.6
# An exact sum or order number in a record is stronger evidence than shared words.
ENOUGH_OF_RECORD = 0.3
# A sentence that shares so much with a statement, word for word, is not split into clauses.
MOSTLY = 0.7
CANDIDATES = 3
PARTS = re.compile(r"[,;]\s+(?:and |but |or )?|\s+(?:and|but|while|und|aber|et|mais|y|e|en)\s+")
# How many comparisons may be made for one draft before the rest is not checked.
MOST_WORK = 400_000
FOREIGN = "Its language can't be checked here: read it against the source"
TOO_LONG = "The text is too long to check as a whole"
# The work of a comparison word by word, where looking up a word counts 1.
COMPARISON = 200
NOT_SAID = "Nothing in your sources says this"


@dataclass(frozen=True, slots=True)
class Judgement:
    """A judgement: whether a sentence is supported, why not, and whether it could be judged."""

    supported: bool
    why: str = ""
    checkable: bool = True


@dataclass
class SourceText:
    """The statements of one source, indexed by their stems."""

    statements: list[Statement]
    context: frozenset[str]
    quotes: frozenset[str]
    language: Language | None
    by_stem: dict[str, list[int]] = field(init=False)

    def __post_init__(self) -> None:
        self.by_stem = {}
        for index, one in enumerate(self.statements):
            for word in one.content:
                self.by_stem.setdefault(word, []).append(index)


@dataclass
class WorkCount:
    """The number of comparisons made for one draft."""

    done: int = 0

    def add(self, more: int) -> None:
        """Count ``more`` comparisons."""
        self.done += more

    @property
    def is_over(self) -> bool:
        """Whether the limit is passed, so that the rest of the draft is not checked."""
        return self.done > MOST_WORK


def source_text(title: str, content: object, heading: str = "") -> SourceText:
    """Return the statements of a piece of a source: a record's fields or a passage's sentences."""
    if isinstance(content, dict):
        one = record_statement(
            title, content, text_language(" ".join(map(str, content))) or ENGLISH
        )
        return SourceText([one], one.stems, frozenset(), None)
    return _passage_text(title, str(content), heading)


# Many runs rest on the same passages, and reading one takes longer than looking it up.
@lru_cache(maxsize=128)
def _passage_text(title: str, text: str, heading: str) -> SourceText:
    """Return the statements of a passage; one instance serves every draft and is not changed."""
    language = text_language(text)
    found = list(statements_of(text, language))
    title_statement = Statement(f"{title} {heading}", language or ENGLISH)
    return SourceText(
        found, title_statement.stems, frozenset(plain_of(one.text) for one in found), language
    )


def supports(sentence: str, sources: "str | Iterable[str]") -> bool:
    """Return whether the texts say the sentence."""
    texts = [sources] if isinstance(sources, str) else list(sources)
    return judge(
        sentence, [source_text("", text) for text in texts], text_language(sentence)
    ).supported


def judge(
    sentence: str,
    said: Sequence[SourceText],
    language: Language | None,
    work: WorkCount | None = None,
) -> Judgement:
    """Return whether one of ``said``, or all of them together, say the sentence."""
    work = work or WorkCount()
    if (quoted := plain_of(sentence)) and any(quoted in one.quotes for one in said):
        return Judgement(True)
    read = find_statement(
        sentence, language, *(one.language for one in said), _record_language(sentence, said)
    )
    if read is None or _is_other_language(read, said):
        return Judgement(False, FOREIGN, checkable=False)
    if work.is_over:
        return Judgement(False, TOO_LONG, checkable=False)
    if not read.content and not read.numbers:
        return Judgement(False, NOT_SAID)
    why, is_sure = _objection(read, said, work)
    if parts := [] if is_sure else _clauses(read):
        whys = [_objection(part, said, work)[0] for part in parts]
        if why:
            why = why if all(whys) else next((one for one in whys if one), "")
        else:
            why = _clause_against(parts, whys, said)
    return Judgement(not why, why)


def _clause_against(
    parts: Sequence[Statement], whys: Sequence[str], said: Sequence[SourceText]
) -> str:
    """Return why a clause is unsupported in a sentence that is supported as a whole, or "".

    A false clause is easily added. Words that a clause leaves out may be in another clause, so only
    words that no source has count against it.
    """
    held = frozenset[str]().union(*(one.context for one in said))
    held = held.union(*(each.word_set | each.stems for one in said for each in one.statements))
    for part, why in zip(parts, whys, strict=True):
        if why and (why != NOT_SAID or _share(part, held) < ENOUGH):
            return why
    return ""


def _record_language(sentence: str, said: Sequence[SourceText]) -> Language | None:
    """Return a record's language for a sentence without one.

    That is so if most of the sentence's words are the record's, and only records are cited.
    """
    records = [one for s in said for one in s.statements if one.is_record]
    if len(records) != len(said):
        return None
    for one in records:
        words = Statement(sentence[:LONGEST], one.language).content
        if words and len(words & one.stems) * 2 >= len(words):
            return one.language
    return None


def _is_other_language(read: Statement, said: Sequence[SourceText]) -> bool:
    known = {one.language.name for one in said if one.language}
    records = any(one.language is None and one.statements[:1] for one in said)
    return bool(known) and not records and read.language.name not in known


def _clauses(read: Statement) -> list[Statement]:
    """Return the parts of a sentence that each state something: "it is free and takes 3 days"."""
    parts = PARTS.split(read.text)
    found = [Statement(part, read.language) for part in parts if part.strip()]
    return found if len(found) > 1 and all(len(p.content) >= 2 for p in found) else []


def _objection(read: Statement, said: Sequence[SourceText], work: WorkCount) -> tuple[str, bool]:
    """Return why the sources do not say a sentence, and whether that is certain.

    It is certain where a statement that is almost the same word for word says or contradicts it.
    """
    best: list[Statement] = []
    ranked: list[tuple[float, int, Statement, frozenset[str]]] = []
    for one in said:
        candidates = _candidates(read, one, work)
        best += candidates[:1]
        work.add(len(candidates) * COMPARISON)
        ranked += [
            (-similarity(read, c), len(ranked) + n, c, one.context)
            for n, c in enumerate(candidates)
        ]
    whys = []
    for likeness, _, found, context in sorted(ranked, key=lambda each: each[:2]):
        why = _against(read, [found], context)
        if not why:
            return "", -likeness >= MOSTLY
        if -likeness >= ALL_BUT_ONE and why != NOT_SAID:
            return why, True
        whys.append((_share(read, found.stems | context), why))
    if len(said) > 1 and best:
        context = frozenset[str]().union(*(one.context for one in said))
        if not _against(read, best, context):
            return "", False
    return (max(whys, key=lambda pair: pair[0])[1] if whys else NOT_SAID), False


def _candidates(read: Statement, said: SourceText, work: WorkCount) -> list[Statement]:
    """Return the statements that share most of the sentence's words, best first."""
    counts: Counter[int] = Counter()
    for word in read.content:
        places = said.by_stem.get(word, [])
        work.add(len(places))
        counts.update(places)
    if not counts and read.numbers:
        counts.update(i for i, one in enumerate(said.statements[:CANDIDATES]) if one.numbers)
    order = sorted(
        counts, key=lambda index: (-counts[index], len(said.statements[index].content), index)
    )
    return [said.statements[index] for index in order[:CANDIDATES]]


def _share(read: Statement, held: frozenset[str]) -> float:
    """Return the share of a sentence's words, by stem or as written, that the sources hold."""
    words = {stem: word for word in read.words if (stem := read.content_stem(word))}
    if not words:
        return 1.0
    return sum(stem in held or word in held for stem, word in words.items()) / len(words)


def _against(read: Statement, found: list[Statement], context: frozenset[str]) -> str:
    """Return why these statements together do not say a sentence, "" where they do."""
    words = frozenset[str]().union(*(one.word_set for one in found))
    held = context.union(words, *(one.stems for one in found))
    if why := _numbers_against(read, found):
        return why
    if why := _names_against(read, words, held):
        return why
    exact = any(one.is_record or CENTS_FIELD.search(one.folded) for one in found) and any(
        one.is_identifier or one.kind == "money" or WITH_CENTS.fullmatch(one.said)
        for one in read.numbers
    )
    enough = ENOUGH if not exact else ENOUGH_OF_RECORD if len(read.content) > 1 else 0
    if _share(read, held) < enough:
        return NOT_SAID
    return next((why for one in found if (why := meaning_against(read, one, found, held))), "")


def _numbers_against(read: Statement, found: list[Statement]) -> str:
    theirs = [number for one in found for number in one.numbers]
    for number in read.numbers:
        if any(number.means(other) for other in theirs) or _is_bare_one(number):
            continue
        if number.is_identifier and any(not number.values.isdisjoint(o.values) for o in theirs):
            continue
        others = [o for o in theirs if number.is_of_kind(o)]
        return f"The source does not say {number.said}" + (
            f": it says {others[0].said}" if len(others) == 1 else " of this"
        )
    return ""


def _is_bare_one(number: Quantity) -> bool:
    """Return whether a "one" or "both" counts nothing: "one of our people", "both parts"."""
    return number.said in ("one", "both") and number.kind == "thing"


def _names_against(read: Statement, words: frozenset[str], held: frozenset[str]) -> str:
    months = {number.currency for number in read.numbers if number.kind == "date"}
    dated = {name for name, month in DATES.items() if str(month) in months}
    for name in read.names:
        low = name.casefold().replace("’", "'").removesuffix("'s")
        if low in read.language.small or low in read.language.numbers or low in dated:
            continue
        if low not in words and read.content_stem(low) not in held:
            return f"The source does not name {name}"
    return ""

"""Contradictions between a sentence and a statement that shares its words. Pure."""

from difflib import SequenceMatcher

from tenants.sources.support.claims import (
    DUTY,
    LEAVE,
    LIMITS,
    NOT_ONLY,
    OPPOSITES,
    directions,
    prefixed,
)
from tenants.sources.support.languages import stem, word_table
from tenants.sources.support.qualifiers import narrowed_against
from tenants.sources.support.statements import Statement
from tenants.sources.support.units import UNITS

LONGEST_ALIGNED = 90
# Words of openings that add nothing to a sentence.
NEUTRAL = word_table(
    "know note also happy confirm tell hope however unfortunately thank sorry glad see understand "
    "according policy terms say says said state states please kindly asking writing "
    "contacting reaching asked interest patience order"
)
# Verbs that mean the same for an order or a refund.
SAME = {
    word: frozenset(group.split()) | {stem(one) for one in group.split()}
    for group in (
        "get gets receive receives", "ship ships shipped deliver delivers delivered",
        "send sends sent", "buy bought purchase purchased", "begin begins start starts",
        "end ends finish finishes", "let lets allow allows allowed", "phone call ring",
        "refund refunded reimburse reimbursed", "repair repaired fix fixed",
    )
    for word in group.split()
}  # fmt: skip
# How many words after a denial must be in the source.
NEXT = 2
# Shares of equal words: for a statement reworded in places, and for one with a word more or less.
ALIKE, ALL_BUT_ONE = 0.6, 0.8
OTHER_WAY = "The source compares the other way: at least or at most"


def similarity(read: Statement, one: Statement) -> float:
    """Return the share of words two sentences have in common in the same order, 0 to 1."""
    longest = max(len(read.tokens), len(one.tokens))
    if not read.tokens or longest > LONGEST_ALIGNED:
        return 0.0
    blocks = SequenceMatcher(None, read.tokens, one.tokens, autojunk=False).get_matching_blocks()
    return sum(block.size for block in blocks) / longest


def meaning_against(
    read: Statement, one: Statement, found: list[Statement], held: frozenset[str]
) -> str:
    """Return why a sentence says other than a statement that shares its words, or ""."""
    shared = (read.content & one.content) | (read.stems & one.stems & one.content)
    if why := _denials_against(read, one, shared, held):
        return why
    if len(read.directions) == 1 == len(one.directions) and read.directions != one.directions:
        return OTHER_WAY
    if len(found) == 1 and "least" in read.directions and not one.directions and read.numbers:
        return "The source sets no such lower bound"
    if why := _opposites_against(read, one) or narrowed_against(read, one):
        return why
    return _replaced(read, one, held) if len(found) == 1 and not one.is_record else ""


def _denials_against(
    read: Statement, one: Statement, shared: frozenset[str], held: frozenset[str]
) -> str:
    mine = frozenset(word for denial in read.denials for word in denial.scope)
    theirs = frozenset(word for denial in one.denials for word in denial.scope)
    for denial in read.denials:
        told = shared.intersection(denial.scope)
        if told and told.isdisjoint(theirs):
            return f"The source does not say “{denial.word}” of this"
        if told and not held.issuperset(denial.scope[:NEXT]):
            return f"The source does not say “{denial.word}” of all this"
    for denial in one.denials:
        told = shared.intersection(denial.scope)
        if told and told.isdisjoint(mine):
            return f"The source says “{denial.word}” of this"
    if bool(read.denials) != bool(one.denials) and not one.is_record and len(read.tokens) < 6:
        return "The source and this sentence differ in a denial"
    return ""


def _opposites_against(read: Statement, one: Statement) -> str:
    mine, theirs = read.word_set, one.word_set
    for word in read.words:
        opposite = OPPOSITES.get(word, frozenset()) & theirs
        if opposite and word not in theirs and not (opposite & mine):
            return f"The source says “{min(opposite)}”, not “{word}”"
        if opposite and (turned := _turned(word, opposite, read, one)):
            return f"The source says “{turned}”, not “{word}”"
        if word not in theirs and read.content_stem(word) and (found := prefixed(word, theirs)):
            return f"The source says “{found}”, not “{word}”"
    for kind, other in ((DUTY, LEAVE), (LEAVE, DUTY)):
        if mine & kind and not theirs & kind and theirs & other and not mine & other:
            return f"The source says “{min(theirs & other)}”, not “{min(mine & kind)}”"
    limits = theirs & LIMITS if not NOT_ONLY.search(one.folded) else frozenset()
    if mine & LIMITS and not limits and not one.is_record:
        return f"The source does not say “{min(mine & LIMITS)}”"
    return ""


def _turned(word: str, opposite: frozenset[str], read: Statement, one: Statement) -> str:
    """Return the opposite that precedes the same words as ``word`` does, or ""."""
    mine, theirs = _followers(read), _followers(one)
    after = mine.get(word, set()) - theirs.get(word, set())
    return next((each for each in sorted(opposite) if after & theirs.get(each, set())), "")


def _followers(one: Statement) -> dict[str, set[str]]:
    """Return the stems that follow each word, wherever it occurs."""
    found: dict[str, set[str]] = {}
    following = ""
    for word in reversed(one.words):
        if following:
            found.setdefault(word, set()).add(following)
        following = one.content_stem(word) or following
    return found


def _replaced(read: Statement, one: Statement, held: frozenset[str]) -> str:
    """Return why a word or number in an otherwise equal statement changes its meaning, or ""."""
    mine, theirs = read.tokens, one.tokens
    if not mine or max(len(mine), len(theirs)) > LONGEST_ALIGNED:
        return ""
    blocks = SequenceMatcher(None, mine, theirs, autojunk=False).get_opcodes()
    same = sum(end - start for tag, start, end, _, _ in blocks if tag == "equal")
    if same < len(mine) * ALIKE:
        return ""
    if same >= max(len(mine), len(theirs)) * ALL_BUT_ONE and len(read.denials) != len(one.denials):
        return "The source and this sentence differ in a denial"
    for tag, start, end, begin, stop in blocks:
        if tag in ("equal", "insert"):  # words that only the source has were left out, not changed
            continue
        new, old = _counting_nothing(read, start, end), _counting_nothing(one, begin, stop)
        ways = directions(" ".join(new)), directions(" ".join(old))
        if all(ways) and ways[0] != ways[1]:
            return OTHER_WAY
        if why := _other_count(read, one, read.ordered[start:end], one.ordered[begin:stop]):
            return why
        if len(new) == len(old) == end - start:
            pairs = [pair for pair in zip(new, old, strict=True) if _differ(*pair, read, one)]
        else:
            absent = [w for w in new if _is_absent(w, read, one)]
            pairs = list(zip(absent, [w for w in old if _is_absent(w, one, read)], strict=False))
        if pairs:
            return f"The source says “{pairs[0][1]}” where this says “{pairs[0][0]}”"
        added = [w for w in new if w not in NEUTRAL and _is_absent(w, read, one)]
        if tag == "delete" and (more := [w for w in added if not {w, read.content_stem(w)} & held]):
            return f"The source does not say “{more[0]}”"
    return ""


def _other_count(read: Statement, one: Statement, new: list[str], old: list[str]) -> str:
    """Return why a number in place of another changes the meaning; "" where it does not."""
    mine = [number for number in read.numbers if number.said in new]
    theirs = [number for number in one.numbers if number.said in old]
    if not mine or not theirs or any(a.means(b) for a in mine for b in theirs):
        return ""
    return f"The source says {theirs[0].said} where this says {mine[0].said}"


def _counting_nothing(one: Statement, start: int, end: int) -> list[str]:
    """Return a stretch of words without numbers and units, which are compared as numbers."""
    held = one.ordered
    return [
        held[at]
        for at in range(start, end)
        if not _is_number(held[at], one)
        and not (at and _is_number(held[at - 1], one) and held[at] in UNITS)
    ]


def _is_number(word: str, one: Statement) -> bool:
    return word[0].isdigit() or word in one.language.numbers


def _differ(new: str, old: str, read: Statement, one: Statement) -> bool:
    """Return whether a word in place of another changes the meaning."""
    if {new, old} <= DUTY | LEAVE:
        return (new in DUTY) != (old in DUTY)
    if old in OPPOSITES.get(new, frozenset()):
        return True
    if old in SAME.get(new, ()):
        return False
    return bool(read.content_stem(new) and one.content_stem(old))


def _is_absent(word: str, here: Statement, there: Statement) -> bool:
    stemmed = here.content_stem(word)
    return bool(stemmed) and there.stems.isdisjoint({stemmed, *SAME.get(word, ())})

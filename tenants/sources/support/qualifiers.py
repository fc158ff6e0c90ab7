"""Qualifiers narrow a statement: exceptions, parts, who acts, what a number is of. Pure."""

import re

from tenants.sources.support.languages import word_table
from tenants.sources.support.quantities import Quantity, quantities
from tenants.sources.support.statements import Statement

EXCEPTION = re.compile(
    r"\b(except(?: for| if| when)?|unless|rather than|instead of|other than|apart from|excluding|"
    r"with the exception of|außer|ausgenommen|es sei denn|sauf|excepté|salvo|excepto|tranne|"
    r"eccetto|behalve|tenzij|exceto)\b([^.;:()]{0,200})"
)
FOLLOWING = 5
PART = word_table(
    "half quarter third part partial partially partly portion halb halbe hälfte teil moitié "
    "partie mitad parte metà helft deel metade"
)
# Clauses with a number each: "A weighs 2 kg, whereas B weighs 3 kg".
CLAUSES = re.compile(
    r"[,;:()–]\s+|\s(?:and|but|while|whereas|or|und|aber|während|et|mais|tandis|y|pero|mientras|e|"
    r"ma|mentre|en|maar|terwijl|mas|enquanto)\s"
)
HELP = "(?:'ll|'d|'ve)?(?: (?:will|must|shall|should|can|may|always|also|then|have to|has to))?"
ACTING = re.compile(
    r"\b(we|you|(?:the |our |your )?(?:customers?|buyers?|guests?|clients?|members?|tenants?))"
    rf"{HELP} ([a-z]{{3,30}})\b"
)
# "You need not" leaves a choice, "you must not" leaves none.
WAIVER = re.compile(
    r"\b(?:need not|needn't|(?:do|does)(?: not|n't) (?:need|have) to|"
    r"(?:am|is|are)(?:n't| not) (?:required|obliged) to)\b"
)
BAN = re.compile(r"\b(?:must not|mustn't|may not|cannot|can ?not|can't|not allowed|forbidden)\b")


def narrowed_against(read: Statement, one: Statement) -> str:
    """Return how a statement is narrower than a sentence that shares its words, or ""."""
    return (
        _excepted(read, one)
        or _of_a_part(read, one)
        or _acts(read, one)
        or _waives(read, one)
        or _of_another_clause(read, one)
    )


def _exceptions(one: Statement) -> dict[str, str]:
    """Return the stems that follow an exception, each with the exception's words."""
    found: dict[str, str] = {}
    for word, after in EXCEPTION.findall(one.folded):
        stems = [s for w in re.findall(r"[^\W\d_]+", after) if (s := one.content_stem(w))]
        found |= dict.fromkeys(stems[:FOLLOWING], word)
    return found


def _excepted(read: Statement, one: Statement) -> str:
    mine, theirs = _exceptions(read), _exceptions(one)
    outside = _plain_stems(one, theirs)
    denied = {stem for denial in read.denials for stem in denial.scope}
    for stem, word in theirs.items():
        if stem in read.content and stem not in outside | mine.keys() | denied:
            return f"The source says “{word}” of this"
    for stem, word in mine.items():
        if stem in outside and stem not in theirs and word not in ("unless", "except if"):
            return f"The source does not say “{word}” of this"
    return ""


def _plain_stems(one: Statement, excepted: dict[str, str]) -> set[str]:
    """Return the stems of a statement outside its exceptions."""
    if not excepted:
        return set(one.content)
    rest = EXCEPTION.sub(" ", one.folded)
    return {s for w in re.findall(r"[^\W\d_]+", rest) if (s := one.content_stem(w))}


def _of_a_part(read: Statement, one: Statement) -> str:
    said = re.findall(r"[^\W\d_]+", one.folded[:200])[:3]
    share = next((word for word in said if word in PART), "")
    if not share or read.word_set & PART or any(n.kind == "percent" for n in read.numbers):
        return ""
    return f"The source says “{share}”, this says all"


def _actors(one: Statement) -> set[tuple[bool, str]]:
    """Return who acts, the business (True) or the customer, each with the verb's stem."""
    return {
        (who == "we", stem)
        for who, verb in ACTING.findall(one.folded)
        if (stem := one.content_stem(verb))
    }


def _acts(read: Statement, one: Statement) -> str:
    if read.language.name != "english" or one.is_record:
        return ""
    mine, theirs = _actors(read), _actors(one)
    for is_business, verb in mine:
        if (not is_business, verb) in theirs and (is_business, verb) not in theirs:
            who = "the customer does, not you" if is_business else "you do, not the customer"
            return f"Your source says that {who}"
    return ""


def _waives(read: Statement, one: Statement) -> str:
    mine, theirs = (
        (bool(WAIVER.search(each.folded)), bool(BAN.search(each.folded))) for each in (read, one)
    )
    if mine == (True, False) and theirs == (False, True):
        return "The source forbids this"
    if mine == (False, True) and theirs == (True, False):
        return "The source leaves this free, it does not forbid it"
    return ""


def _of_another_clause(read: Statement, one: Statement) -> str:
    """Return why a number belongs to another clause of the statement, or "": "A is 2, B is 3"."""
    if one.is_record or len(one.numbers) < 2:
        return ""
    clauses = [(part, quantities(part, one.language)) for part in CLAUSES.split(one.folded)]
    for number in read.numbers:
        own = [index for index, (_, found) in enumerate(clauses) if _holds(found, number)]
        if len(own) != 1:
            continue
        here = _stems_of(clauses[own[0]][0], one)
        for index, (part, found) in enumerate(clauses):
            conflicts = [n for n in found if number.is_of_kind(n) and n.kind == number.kind]
            if index == own[0] or not conflicts or any(_holds(read.numbers, n) for n in conflicts):
                continue
            there = _stems_of(part, one)
            mine = read.content | {w for w in read.word_set if w.isdigit()}
            if mine & (there - here) and not mine & (here - there):
                return f"The source says {conflicts[0].said} of this, not {number.said}"
    return ""


def _holds(found: list[Quantity], number: Quantity) -> bool:
    return any(number.means(n) and n.kind == number.kind for n in found)


def _stems_of(part: str, one: Statement) -> frozenset[str]:
    """Return the stems of a clause's words without units."""
    units = {noun for n in quantities(part, one.language) for noun in n.nouns}
    found = {
        s for w in re.findall(r"[^\W\d_]+(?:['-][^\W_]+)*", part) if (s := one.content_stem(w))
    }
    return frozenset(found - units)

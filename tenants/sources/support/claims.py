"""Words that reverse or limit a statement: denials, comparisons, opposites, duties. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tenants.sources.support.languages import Language, word_table

# The direction of a comparison. The words leave the text before denials are looked for,
# since "no more than" denies nothing.
AT_LEAST = re.compile(
    r"\b(?:at (?:the very )?least|(?:no|not|never) (?:less|fewer|earlier|sooner|shorter|smaller) "
    r"than|"
    r"more than|over|above|exceed(?:s|ing|ed)?|in excess of|longer than|later than|greater than|"
    r"(?:a )?minimum(?: of)?|or more|or longer|or later|or above|and (?:up|above|over)|upwards? of|"
    r"mindestens|wenigstens|mehr als|länger als|au moins|plus de|al menos|por lo menos|como mínimo|"
    r"más de|a partir de|à partir de|almeno|più di|a partire da|minstens|meer dan|vanaf|"
    r"pelo menos|mais de|acima de|(?:über|ab|oltre|boven)(?=\s[€$£]?\s?\d))\b"
)
AT_MOST = re.compile(
    r"\b(?:at (?:the very )?most|(?:no|not|never) (?:more|later|longer|greater|higher) than|up to|"
    r"(?<!\bno )(?<!\bnot )(?<!\bnever )(?:less|fewer|shorter|sooner|earlier) than|"
    r"under|below|within|"
    r"(?:do|does|must|may|should|can|will)(?: not|n't) exceed|cannot exceed|"
    r"not exceeding|"
    r"(?:a )?maximum(?: of)?|or less|or fewer|or under|or earlier|höchstens|maximal|weniger als|"
    r"innerhalb|binnen|au plus|moins de|como máximo|a lo sumo|menos de|hasta|al massimo|meno di|"
    r"entro|hoogstens|maximaal|minder dan|no máximo|até|abaixo de|jusqu'à|bis zu|"
    r"(?:unter|sotto|onder)(?=\s[€$£]?\s?\d))\b"
)
# Phrases that add to a statement and deny nothing: "not only parts but also labour".
NOT_ONLY = re.compile(
    r"\b(?:not (?:only|just|merely)|nicht nur|non seulement|no (?:solo|sólo)|non solo|niet alleen|"
    r"não (?:só|apenas))\b(?=[^.;]{0,200}\b(?:but|sondern|mais|sino|ma|maar|mas)\b)"
)
PAIRS = word_table(
    "before/after earlier/later always/never include/exclude includes/excludes "
    "included/excluded including/excluding accept/reject accepted/rejected accept/refuse "
    "accepted/refused allow/forbid allowed/forbidden allowed/prohibited allow/prohibit "
    "open/closed opened/unopened used/unused increase/decrease increases/decreases "
    "increased/decreased more/less more/fewer most/least first/last buyer/seller with/without "
    "enable/disable enabled/disabled free/paid all/some every/some all/most both/either "
    "online/offline public/private internal/external add/remove added/removed higher/lower "
    "highest/lowest early/late day/night daily/weekly weekly/monthly daily/monthly "
    "monthly/yearly left/right upper/lower true/false yes/no minimum/maximum start/end "
    "starts/ends buy/sell pass/fail longer/shorter rarely/often usually/rarely seldom/often "
    "immediately/eventually same/different vor/nach immer/nie mit/ohne avant/après "
    "toujours/jamais avec/sans antes/después siempre/nunca con/sin prima/dopo sempre/mai "
    "alle/einige"
)
OPPOSITES: dict[str, frozenset[str]] = {}
for _one, _two in sorted(pair.split("/") for pair in PAIRS):
    OPPOSITES[_one] = OPPOSITES.get(_one, frozenset()) | {_two}
    OPPOSITES[_two] = OPPOSITES.get(_two, frozenset()) | {_one}
DUTY = word_table(
    "must required requires shall mandatory obliged muss müssen doit doivent debe deben deve "
    "devono moet moeten devem"
)
LEAVE = word_table(
    "may can could optional optionally might kann können darf dürfen peut peuvent puede pueden può "
    "possono kan kunnen mag mogen pode podem"
)
LIMITS = word_table(
    "only except unless solely exclusively nur ausgenommen außer seulement sauf solo salvo "
    "soltanto tranne alleen behalve somente exceto"
)
NEGATING_PREFIXES = ("un", "in", "im", "ir", "il", "dis", "non", "non-", "mis")
SCOPE = 3
# The first of two denials that deny one thing: "neither Anna nor Ben may".
BOTH_DENIED = word_table("neither weder ni né noch nem")


@dataclass(frozen=True, slots=True)
class Denial:
    """A denying word, and the stems of the words it may deny."""

    word: str
    scope: tuple[str, ...]


def without_comparisons(text: str) -> str:
    """Return a folded text without its comparing words."""
    return AT_LEAST.sub(" ", AT_MOST.sub(" ", NOT_ONLY.sub(" ", text)))


def directions(text: str) -> frozenset[str]:
    """Return the directions in which a folded text compares: "least", "most"."""
    without_most = AT_MOST.sub(" ", text)
    most, least = without_most != text, bool(AT_LEAST.search(without_most))
    return frozenset(name for name, there in (("most", most), ("least", least)) if there)


def is_denial(word: str, language: Language) -> bool:
    """Return whether a folded word denies."""
    return word in language.denials or word.endswith("n't")


def denials(clauses: Sequence[Sequence[tuple[str, str]]], language: Language) -> list[Denial]:
    """Return the denials of a sentence, given its clauses as lists of (word, stem).

    The stem is empty for small words.
    """
    found = []
    for place, clause in enumerate(clauses):
        for index, (word, _) in enumerate(clause):
            if not is_denial(word, language):
                continue
            after = list(_scope(clause[index + 1 :], language, past_next=word in BOTH_DENIED))
            before = [stem for _, stem in clause[:index] if stem]
            # German and Dutch deny after the verb: "wir erstatten nicht".
            both = language.name in ("german", "dutch", "french")
            if not after and place:  # "the basic plan does not": what this clause alone speaks of
                told = {stem for other in clauses[:place] for _, stem in other}
                before = [stem for stem in before if stem not in told] or before[-1:]
            else:
                before = before[-1:]
            found.append(Denial(word, tuple((before if both or not after else []) + after)))
    return found


def _scope(
    after: Sequence[tuple[str, str]], language: Language, *, past_next: bool = False
) -> Iterator[str]:
    """Yield the stems after a denial up to the next one, or past it where both deny one thing."""
    count = 0
    for word, stem in after:
        if (is_denial(word, language) and not past_next) or count == (
            2 * SCOPE if past_next else SCOPE
        ):
            return
        if stem:
            count += 1
            yield stem


def prefixed(word: str, others: frozenset[str]) -> str:
    """Return the word of ``others`` that is ``word`` with or without a denying prefix, or ""."""
    for prefix in NEGATING_PREFIXES:
        if (
            word.startswith(prefix)
            and len(word) - len(prefix) >= 4
            and word[len(prefix) :] in others
        ):
            return word[len(prefix) :]
        if prefix + word in others and len(word) >= 4:
            return prefix + word
    return ""

"""How often the support check marks sentences that were made false, and how often true ones.

Sentences come from real texts (``../shared/data``): each is true of the passage it stands in.
Run: ``uv run python -m tests.benchmarks.support [--show N]``
"""

import argparse
import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from tenants.sources.support import annotate
from tenants.sources.support.languages import ENGLISH, WORD

DATA = Path(__file__).parents[3] / "shared" / "data"
VERBS = r"\b(can|will|must|should|may|is|are|was|were|has|have|does|do)\b(?! not|n't)"
SWAPS = {
    "at least": "at most",
    "at most": "at least",
    "more than": "less than",
    "less than": "more than",
    "up to": "at least",
    "before": "after",
    "after": "before",
    "always": "never",
    "all": "some",
    "must": "may",
}
UNITS = {
    "days": "weeks",
    "day": "week",
    "hours": "days",
    "hour": "day",
    "weeks": "months",
    "months": "years",
    "minutes": "hours",
    "month": "year",
    "dollars": "cents",
}
NUMBERS = {
    "one": "two",
    "two": "three",
    "three": "five",
    "four": "six",
    "five": "nine",
    "ten": "twelve",
    "single": "double",
    "once": "twice",
    "fourteen": "forty",
    "twelve": "twenty",
}


def passages() -> Iterator[str]:
    """Passages as the sources' readers cut them."""
    policy = (DATA / "retail" / "policy.md").read_text()
    yield from (part for part in re.split(r"(?m)^#+ .*$", policy) if part.strip())
    for thread in json.loads((DATA / "stackfaq" / "threads.json").read_text()):
        yield from (answer for answer in thread["answers"] if len(answer) > 40)


def sentences(passage: str) -> Iterator[str]:
    """Its sentences of 6 to 40 words."""
    for part in re.split(r"(?<=[.!?])\s+|\n+", passage):
        said = re.sub(r"^[-*\d.\s]+", "", part).strip()
        if 6 <= len(WORD.findall(said)) <= 40 and "[" not in said and "?" not in said:
            yield said.rstrip(".!") + "."


def names() -> list[str]:
    """Names of other products."""
    products = json.loads((DATA / "retail" / "products.json").read_text())
    return sorted(
        {p["name"] for p in products.values()} | {"Outlook", "Dropbox", "Slack", "Trello"}
    )


def negated(said: str, passage: str) -> str | None:
    """A "not" after the first verb."""
    found = re.sub(VERBS, lambda m: f"{m[0]} not", said, count=1)
    return found if found != said else None


def unnegated(said: str, passage: str) -> str | None:
    """Its "not" taken out."""
    found = re.sub(r"\b(\w+)n't\b|\b(not) ", lambda m: m[1] or "", said, count=1)
    return found if found != said else None


def swapped(table: dict[str, str]) -> Callable[[str, str], str | None]:
    """A word of the table by its other."""

    def change(said: str, passage: str) -> str | None:
        for word, other in table.items():
            if re.search(rf"\b{word}\b", said):
                return re.sub(rf"\b{word}\b", other, said, count=1)
        return None

    return change


def numbered(said: str, passage: str) -> str | None:
    """Another figure."""
    return (
        re.sub(r"\b(\d+)\b", lambda m: str(int(m[1]) + 3), said, count=1)
        if re.search(r"\b\d+\b", said)
        else None
    )


def renamed(said: str, passage: str) -> str | None:
    """Another product's name for the first name after the first word."""
    match = re.search(r"(?<=[a-z,] )[A-Z][a-z]{3,}(?: [A-Z][a-z]+)*", said)
    other = names()[len(said) % len(names())]
    if match is None or other.casefold() in passage.casefold():
        return None
    return said[: match.start()] + other + said[match.end() :]


def renamed_first(said: str, passage: str) -> str | None:
    """Another product's name where the sentence begins with one."""
    match = re.match(r"[A-Z][a-z]{3,}\b", said)
    if (
        match is None
        or match[0].casefold() in ENGLISH.small
        or said.startswith(("There", "Then", "When", "This", "That"))
    ):
        return None
    if f" {match[0]}" not in passage.replace(said[:-1], ""):
        return None
    return names()[len(said) % len(names())] + said[match.end() :]


CHANGES: dict[str, Callable[[str, str], str | None]] = {
    "negation": negated,
    "negation out": unnegated,
    "comparison": swapped(SWAPS),
    "unit": swapped(UNITS),
    "number word": swapped(NUMBERS),
    "figure": numbered,
    "name": renamed,
    "first name": renamed_first,
}


def is_green(said: str, passage: str) -> bool:
    """Whether the only span of a cited sentence is supported."""
    spans = annotate(f"{said[:-1]} [1].", [{"n": 1, "title": "Terms", "content": passage}]).spans
    return bool(spans) and all(span["supported"] for span in spans)


def main() -> None:
    """Print how many of each kind are marked, and how many true sentences are."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--show", type=int, default=0, help="print this many misses of each kind")
    show = parser.parse_args().show
    if not DATA.exists():
        sys.exit(f"There is no {DATA}.")
    tried: Counter[str] = Counter()
    marked: Counter[str] = Counter()
    misses: Counter[str] = Counter()
    for passage in passages():
        for said in sentences(passage):
            turned = f"You should know: {said[0].lower()}{said[1:]}"
            changed = [(kind, change(said, passage)) for kind, change in CHANGES.items()]
            for kind, text in [("true", said), ("true, other opening", turned), *changed]:
                if text is None:
                    continue
                tried[kind] += 1
                green = is_green(text, passage)
                marked[kind] += not green
                misses[kind] += green != kind.startswith("true")
                if green != kind.startswith("true") and misses[kind] <= show:
                    print(f"{kind}: {text}")
    for kind, count in tried.items():
        print(f"{kind:22} {marked[kind]:5} of {count:5} marked ({marked[kind] / count:.0%})")


if __name__ == "__main__":
    main()

"""Sentences and figures of a report as text. Pure."""

from portal.labels import cost_text
from portal.reports.counts import share
from workflows.costs import Cost

NUMBERS = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]

# A part of a sentence and the bucket that it links to; "" is no link.
Piece = tuple[str, str]


def number(n: int) -> str:
    """Return a number as a word up to ten, then in digits."""
    return NUMBERS[n] if n < len(NUMBERS) else f"{n:,}"


def times(n: int) -> str:
    """Return "once" or "5 times"."""
    return "once" if n == 1 else f"{n:,} times"


def headline(decided: int, accepted: int, needed: int) -> list[Piece]:
    """Return the report's headline: the work decided, and how many decisions are open."""
    return [*_work(decided, accepted), (" ", ""), *_needed(needed)]


def _work(decided: int, accepted: int) -> list[Piece]:
    if decided == 0:
        return [("Nothing was decided this week.", "")]
    if decided == 1:
        how = ("you accepted it as written", "accepted") if accepted else None
        how = how or ("it was not accepted as written", "decided")
        return [("One piece of work", "decided"), (" was decided, and ", ""), how, (".", "")]
    if accepted == decided:
        said = f"all {number(decided)} pieces of work as written"
        return [("You accepted ", ""), (said, "accepted"), (".", "")]
    # The two numbers of a sentence are written alike: "of 13, 10", not "of 13, ten".
    some = number(accepted) if decided < len(NUMBERS) else f"{accepted:,}"
    some = some if accepted else "none"
    return [
        ("Of ", ""),
        (f"{number(decided)} pieces of work", "decided"),
        (", you accepted ", ""),
        (f"{some} as written", "accepted" if accepted else ""),
        (".", ""),
    ]


def _needed(needed: int) -> list[Piece]:
    if needed == 0:
        return [("Nothing needs you now.", "")]
    noun, verb = ("decision", "needs") if needed == 1 else ("decisions", "need")
    return [(f"{number(needed).capitalize()} {noun}", "decisions"), (f" {verb} you.", "")]


def plain_sentence(pieces: list[Piece]) -> str:
    """Return a sentence's text without its links."""
    return "".join(text for text, _ in pieces)


def share_note(now: dict[str, int], before: dict[str, int]) -> list[str]:
    """Return the week's share and its change, such as ["86%", "up from 79%"]."""
    here, there = share(now), share(before)
    if here is None:
        return ["", ""]
    if there is None:
        return [f"{here}%", ""]
    if here == there:
        return [f"{here}%", "as the week before"]
    return [f"{here}%", f"{'up' if here > there else 'down'} from {there}%"]


def change_note(now: int, before: int) -> str:
    """Return the change of a count, such as "down from 9"; empty where both are zero."""
    if now == before:
        return "as the week before" if now else ""
    if before == 0:
        return "never the week before"
    return f"{'up' if now > before else 'down'} from {before:,}"


def shortened(text: str, longest: int = 140) -> str:
    """Return ``text`` on one line, cut at a word and with "…" where it is too long."""
    line = " ".join(text.split())
    if len(line) <= longest:
        return line
    return line[:longest].rsplit(" ", 1)[0].rstrip(" ,;:.") + "…"


def dollars(micros: int) -> str:
    """Return millionths of a US dollar as "$4.10"; "less than $0.01" for less than a cent."""
    if 0 < micros < 10_000:
        return "less than $0.01"
    return f"${micros / 1_000_000:,.2f}"


def cost_said(cost: Cost) -> str:
    """Return a cost as "$4.10", with the calls apart whose cost isn't known."""
    return cost_text(cost, dollars(cost.micros))


def short_fingerprint(sha256: str) -> str:
    """Return the first 16 digits of a fingerprint in groups of four, to be read out."""
    return " ".join(sha256[n : n + 4] for n in range(0, 16, 4))

"""Template context of a report: its frozen numbers with addresses and the widths of its bars."""

from datetime import date
from typing import Any

from portal.links import Links
from portal.reports.words import NUMBERS, plain_sentence

WIDTH = 1000  # width of a bar, in units of its SVG
PARTS = ("accepted", "corrected", "rejected", "taken_over")
COLOURS = {  # for mail, as mail clients may drop a style sheet
    "accepted": "#0d6e5f",
    "corrected": "#e0b63a",
    "rejected": "#c5442f",
    "taken_over": "#9aa19e",
}
LABELS = {
    "accepted": "accepted as written",
    "corrected": "accepted after your edit",
    "rejected": "rejected",
    "taken_over": "taken over",
    "stepped_in": "times a person stepped in",
}


def page(numbers: dict[str, Any], monday: date, links: Links) -> dict[str, Any]:
    """Return the template context, the same for page and mail except for the addresses."""
    week = monday.isoformat()
    bars = [_bar(bar, links) for bar in numbers["weeks"]]
    return numbers | {
        "iso": week,
        "link": links.report(week),
        "headline": [(text, _opens(week, key, links)) for text, key in numbers["headline"]],
        "headline_text": plain_sentence(numbers["headline"]),
        "cards": [_card(card, week, links) for card in numbers["cards"]],
        "expired_link": links.items(week, "expired"),
        "weeks": bars,
        "weeks_title": _weeks_title(len(bars)),
        "legend": [(part, LABELS[part]) for part in PARTS if any(b[part] for b in bars)],
        "stepped_in": _listed(numbers["stepped_in"], week, "stepped_in", links),
        "changes": _listed(numbers["changes"], week, "changes", links),
        "decisions": _listed(numbers["decisions"], week, "decisions", links),
        "cost": numbers["cost"] | {"link": links.items(week, "cost")},
        "record_link": links.record(),
    }


def _opens(week: str, bucket: str, links: Links) -> str:
    return links.items(week, bucket) if bucket else ""


def _weeks_title(weeks: int) -> str:
    if weeks == 1:
        return "This week"
    return f"{NUMBERS[weeks].capitalize()} weeks"


def _card(card: dict[str, Any], week: str, links: Links) -> dict[str, Any]:
    label = LABELS[card["bucket"]]
    if card["bucket"] == "stepped_in" and card["count"] == 1:
        label = "time a person stepped in"
    shown = {**card, "label": label, "url": links.items(week, card["bucket"])}
    if card["link"]:
        url = links.items(card["link"]["week"], card["link"]["bucket"])
        shown["link"] = {"said": card["link"]["said"], "url": url}
    return shown


def _bar(bar: dict[str, Any], links: Links) -> dict[str, Any]:
    parts, percents, counted = [], _percents([bar[part] for part in PARTS]), 0
    for part, percent in zip(PARTS, percents, strict=True):
        if bar[part]:
            # Edges come from running sums, so that rounding leaves no gap and no overlap.
            x = WIDTH * counted // bar["decided"]
            counted += bar[part]
            width = WIDTH * counted // bar["decided"] - x
            parts.append(
                {"part": part, "x": x, "width": width, "percent": percent, "colour": COLOURS[part]}
            )
    said = ", ".join(f"{bar[part]} {LABELS[part]}" for part in PARTS if bar[part])
    items = f"{bar['decided']:,} item{'' if bar['decided'] == 1 else 's'}"
    url = _opens(bar["week"], bar["bucket"], links)
    return bar | {"parts": parts, "said": said or "nothing decided", "items": items, "url": url}


def _percents(counts: list[int]) -> list[int]:
    """Return whole percents that add up to 100, at least 1 for every count above 0."""
    total = sum(counts)
    if not total:
        return [0 for _ in counts]
    found = [max(1, 100 * n // total) if n else 0 for n in counts]
    found[found.index(max(found))] += 100 - sum(found)
    return found


def _listed(listed: dict[str, Any], week: str, bucket: str, links: Links) -> dict[str, Any]:
    lines = [
        line
        | {
            "url": links.items(week, line["bucket"])
            if "bucket" in line
            else links.page(line["kind"], line["key"])
        }
        for line in listed["lines"]
    ]
    return {"lines": lines, "more": listed["more"], "url": links.items(week, bucket)}

"""Labels of codes and of a source's freshness, in the client's words. Pure functions."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from workflows.costs import Cost

RUNGS = {
    "never_execute": ("Never execute", "Does nothing at all."),
    "read_only": ("Read only", "Looks things up and changes nothing."),
    "draft_only": ("Draft only", "Writes drafts. A person looks at each one."),
    "recommend_and_route": (
        "Recommend and route",
        "Writes drafts and says who should look next. It takes no action.",
    ),
    "execute_with_approval": (
        "Execute with approval",
        "Takes an action only after a person approved exactly that action.",
    ),
}

AUTHORITY = {
    1: "the last word",
    2: "relied on",
    3: "good",
    4: "weak",
    5: "hearsay",
}

TOOL_ADAPTERS = {
    "http": "a web call",
    "openapi": "a web call (OpenAPI)",
    "mcp": "a server of tools (MCP)",
    "sql": "an SQL statement",
    "browser": "a page of a system",
    "mail": "e-mail",
    "mail_draft": "a draft in the mailbox",
    "chat": "chat",
    "webhook": "a webhook",
}

RUN_STATUS = {
    "running": "under way",
    "waiting": "waiting",
    "done": "done",
    "failed": "failed",
    "cancelled": "cancelled",
}

OUTCOMES = {
    "accepted": "accepted as written",
    "corrected": "accepted after an edit",
    "rejected": "rejected",
    "taken_over": "taken over by a person",
    "expired": "nobody decided in time",
    "cancelled": "cancelled",
}


@dataclass(frozen=True, slots=True)
class Freshness:
    """Freshness of a source. ``percent`` is the share of its maximum age that is left."""

    state: str
    percent: int
    sentence: str


def cost_text(cost: Cost, amount: str) -> str:
    """Return a cost in words: its amount, and apart the calls whose cost isn't known."""
    if not cost.unknown:
        return amount
    calls = "1 call" if cost.unknown == 1 else f"{cost.unknown:,} calls"
    unknown = f"{calls} at an unknown price"
    return f"{amount} and {unknown}" if cost.micros else unknown


def freshness(verified_at: datetime | None, max_age_days: int, now: datetime) -> Freshness:
    """Return the freshness of a source: fresh, due (at most a fifth is left), stale or empty.

    Stale sources and those without content are not used.
    """
    if verified_at is None:
        return Freshness("empty", 0, "No content yet, so nothing uses it")
    left = verified_at + timedelta(days=max_age_days) - now
    if left <= timedelta(0):
        return Freshness("stale", 0, f"Stale for {_days(-left)}, so it is not used")
    share = left / timedelta(days=max_age_days) if max_age_days else 0
    state = "due" if share <= 0.2 else "fresh"
    said = "To be confirmed within" if state == "due" else "Fresh for"
    return Freshness(state, max(1, round(share * 100)), f"{said} {_days(left)}")


def _days(span: timedelta) -> str:
    days = span.days
    if days == 0:
        return "less than a day"
    return f"{days} day{'' if days == 1 else 's'}"

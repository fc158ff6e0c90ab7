"""Components of the pages as template tags. The page ``/styleguide/`` shows each in every state."""

from django import template

from approvals.models import DecisionChoice

register = template.Library()

# Colours of the badge that says how a step, an action or a planted item stands.
TONES = {
    "done": "green",
    "executed": "green",
    "caught": "green",
    "failed": "red",
    "refused": "red",
    "in_doubt": "red",
    "missed": "red",
    "waiting": "blue",
    "running": "amber",
}


@register.inclusion_tag("components/notice.html")
def notice(message: str = "", *, title: str = "", kind: str = "") -> dict[str, str]:
    """A notice above or in a page; ``kind`` is "error", "warning" or empty for good news."""
    return {"message": message, "title": title, "kind": kind}


@register.inclusion_tag("components/empty.html")
def empty_state(title: str, message: str) -> dict[str, str]:
    """A list without rows: ``title`` says so, ``message`` what would put a row there."""
    return {"title": title, "message": message}


@register.inclusion_tag("components/pager.html")
def pager(
    newer: str = "", older: str = "", *, newer_label: str = "Newer", older_label: str = "Older"
) -> dict[str, str]:
    """Links to the pages before and after one; a page whose address is empty has no link."""
    return {
        "newer": newer,
        "older": older,
        "newer_label": newer_label,
        "older_label": older_label,
    }


@register.filter
def choice_past(choice: str) -> str:
    """The past tense of a decision's choice: "accept" as "accepted"."""
    return DecisionChoice(choice).past


@register.filter
def tone(status: str) -> str:
    """The colour class of a status' badge; empty for a status without one."""
    return TONES.get(status, "")

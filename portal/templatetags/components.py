"""Template tags of the page components; ``/styleguide/`` shows each one in every state."""

from django import template

from approvals.models import DecisionChoice

register = template.Library()

# Colours of the badge with the status of a step, an action or a planted item.
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
    """Render a notice; ``kind`` is "error", "warning" or empty for good news."""
    return {"message": message, "title": title, "kind": kind}


@register.inclusion_tag("components/empty.html")
def empty_state(title: str, message: str) -> dict[str, str]:
    """Render an empty list: ``title`` says so, ``message`` tells how it gets its first row."""
    return {"title": title, "message": message}


@register.inclusion_tag("components/pager.html")
def pager(
    newer: str = "", older: str = "", *, newer_label: str = "Newer", older_label: str = "Older"
) -> dict[str, str]:
    """Render links to the pages before and after; an empty address gives no link."""
    return {
        "newer": newer,
        "older": older,
        "newer_label": newer_label,
        "older_label": older_label,
    }


@register.filter
def choice_past(choice: str) -> str:
    """Return the past tense of a decision's choice: "accepted" for "accept"."""
    return DecisionChoice(choice).past


@register.filter
def tone(status: str) -> str:
    """Return the colour class of a status' badge; empty for a status without one."""
    return TONES.get(status, "")

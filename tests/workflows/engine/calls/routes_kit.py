"""Workflows whose calls are routed, for the tests of what follows from it."""

from typing import Any

from tests.world import DEFINITION
from workflows.models import Call

ONLY_DRAFT = DEFINITION[: DEFINITION.index("  - name: refund\n")].replace(
    "refund-replies", "only-drafts"
)
VALUE = "{value: {text: 'We will write to you.', refund: {value: 0, currency: USD}}}"


def sees_all(value: dict[str, Any]) -> dict[str, Any]:
    """The table, with deployments that may all see personal data."""
    deployments = [{**one, "sees": "personal"} for one in value["deployments"]]
    return {**value, "deployments": deployments}


def models_asked() -> list[str]:
    calls = Call.objects.filter(kind="model").order_by("id")
    return list(dict.fromkeys(calls.values_list("name", flat=True)))


def with_fallbacks(*plans: str) -> str:
    """The drafting workflow with these fallbacks."""
    listed = ", ".join(plans)
    return ONLY_DRAFT.replace(
        "    needs: [facts]\n    generate:",
        f"    needs: [facts]\n    on_failure: [{listed}]\n    generate:",
    ).replace("only-drafts", "with-fallbacks")

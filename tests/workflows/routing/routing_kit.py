"""A routing table of a quick and a strong offline model, as tests change it."""

from copy import deepcopy
from typing import Any

from tenants.models import Provider, User
from workflows.models import RoutingVersion
from workflows.routing.services import store_table

QUICK, STRONG = "offline/quick", "offline/strong"
TABLE: dict[str, Any] = {
    "deployments": [
        {
            "name": QUICK,
            "title": "the quick model",
            "strength": "quick",
            "sees": "internal",
            "region": "EU",
            "price_in": "0.40",
            "price_out": "1.60",
        },
        {
            "name": STRONG,
            "title": "the strong model",
            "strength": "strong",
            "sees": "personal",
            "region": "US",
            "price_in": "3",
            "price_out": "15",
        },
    ],
    "rows": [
        {"consequence": "heavy", "use": [STRONG]},
        {"difficulty": "hard", "use": [STRONG, QUICK]},
        {"use": [QUICK, STRONG]},
    ],
}


def table_with(**changes: Any) -> dict[str, Any]:
    """The table with other deployments, rows or limits."""
    return {**deepcopy(TABLE), **changes}


def let_hold(value: dict[str, Any], by: User) -> RoutingVersion:
    """Let a table hold after whatever holds now."""
    provider = Provider.objects.get()
    last = RoutingVersion.objects.filter(pk=provider.routing).first()
    return store_table(value, by=by, after=last.number if last else 0)

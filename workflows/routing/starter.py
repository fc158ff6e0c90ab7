"""The first routing table asks the model that was asked before there was one."""

from typing import Any

from django.conf import settings

from tenants.models import Provider
from workflows.routing.table import RoutingTable, read_table


def starting_value(provider: Provider | None) -> dict[str, Any]:
    """Return the JSON of a table with the one model that is asked now."""
    name = (provider.model if provider else "") or settings.MODEL
    return {
        "deployments": [{"name": name, "title": "the usual model", "sees": "personal"}],
        "rows": [{"use": [name]}],
    }


def starting_table(provider: Provider | None) -> RoutingTable:
    """Return that table. Raises Invalid where the model's name can't be in one."""
    return read_table(starting_value(provider))

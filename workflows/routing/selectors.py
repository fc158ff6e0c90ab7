"""Queries for the routing table that holds."""

from datetime import timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from tenants import clock
from tenants.ids import first_id
from tenants.models import Provider
from workflows.gateway.prices import Price
from workflows.models import Call, RoutingVersion
from workflows.routing.bounds import Bounds
from workflows.routing.signals import Measures
from workflows.routing.table import CallCase, RoutingTable, read_table
from workflows.routing.trial import PastCall

MOST_PAST = 2_000
PAST = timedelta(days=7)


@lru_cache(maxsize=64)
def routing_table(version_id: UUID) -> RoutingTable:
    """Return a version of the routing table, read and parsed once a process: none ever changes."""
    version = RoutingVersion.objects.get(pk=version_id)
    return read_table(version.table, number=version.number, id=version.pk)


def own_price(provider: Provider | None, model: str, choice: dict[str, Any] | None) -> Price | None:
    """Return a call's price by the table that chose its model; None where the list's holds.

    Where its model was named, ``choice`` is None: the table that holds now may have a price for it.
    """
    chosen = choice and routing_table(UUID(choice["version"]))
    table = chosen or table_of(provider)
    found = table.deployments.get(model) if table else None
    return found.price if found and found.price_in is not None else None


def table_of(provider: Provider | None) -> RoutingTable | None:
    """Return the routing table that holds; None where the provider has none."""
    return routing_table(provider.routing) if provider and provider.routing else None


def past_calls() -> list[PastCall]:
    """Return routed calls of the last PAST, MOST_PAST at most, of the person's clients.

    Without those that a stronger model was asked for: no row of a table decided them. Needs a
    person scope.
    """
    rows = Call.objects.across().filter(id__gte=first_id(clock.now() - PAST))
    rows = rows.filter(kind="model", status="done", choice__isnull=False)
    columns = ("choice", "name", "tokens_in", "tokens_out", "cache_read", "cache_write")
    found = rows.order_by("-id").only(*columns, "reasoning", "cost_micros")[:MOST_PAST]
    return [_past_call(call) for call in found if not call.choice.get("escalated")]


def _past_call(call: Call) -> PastCall:
    choice = call.choice
    return PastCall(
        case=CallCase.from_json(choice["case"]),
        measures=Measures.from_json(choice["signals"]),
        name=call.name,
        usage=call.usage,
        cost=call.cost_micros,
        bounds=tuple(map(Bounds.from_json, choice["bounds"])),
        resting=tuple(choice["resting"]),
        failed=(*choice["failed"], *choice.get("too_dear", ())),
    )

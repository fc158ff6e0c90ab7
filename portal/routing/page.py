"""Page of the routing table: deployments, rows and versions in words."""

from dataclasses import dataclass
from typing import Any

import yaml
from django.conf import settings

from tenants.models import Provider
from tenants.text.sentences import joined_by_and
from workflows.models import RoutingVersion
from workflows.routing.selectors import table_of
from workflows.routing.table import (
    ModelDeployment,
    RoutingRow,
    RoutingTable,
    row_phrases,
)

SHOWN_VERSIONS = 10


@dataclass(frozen=True, slots=True)
class DeploymentLine:
    """Line of a deployment. Prices are of a million tokens, as text; empty where not known."""

    deployment: ModelDeployment
    price_in: str = ""
    price_out: str = ""


@dataclass(frozen=True, slots=True)
class RowLine:
    """Line of a row: when it fits, and the titles of what it asks."""

    number: int
    when: str
    use: list[str]


@dataclass(frozen=True, slots=True)
class RoutingPage:
    """Page of the routing table that holds, if there is one."""

    number: int
    deployments: list[DeploymentLine]
    rows: list[RowLine]
    versions: list[RoutingVersion]
    text: str


def routing_page() -> RoutingPage:
    """Read the page."""
    provider = Provider.objects.first()
    table = table_of(provider)
    versions = RoutingVersion.objects.select_related("made_by").order_by("-number")
    given = table.as_json() if table else _starter(provider)
    return RoutingPage(
        number=table.number if table else 0,
        deployments=[_deployment(one) for one in table.deployments.values()] if table else [],
        rows=[_row(table, n, row) for n, row in enumerate(table.rows, 1)] if table else [],
        versions=list(versions[:SHOWN_VERSIONS]),
        text=yaml.safe_dump(given, sort_keys=False, allow_unicode=True, width=100),
    )


def when(row: RoutingRow) -> str:
    """Return when a row fits, in words: "a call that writes and moves money …"."""
    found = joined_by_and(row_phrases(row))
    return f"A call that {found}" if found else "Every other call"


def _row(table: RoutingTable, number: int, row: RoutingRow) -> RowLine:
    return RowLine(number, when(row), [table.deployments[name].title for name in row.use])


def _deployment(one: ModelDeployment) -> DeploymentLine:
    if one.price is None:
        return DeploymentLine(one)
    rates = one.price.rates(0)
    return DeploymentLine(one, _price_text(rates.uncached), _price_text(rates.answer))


def _price_text(picos: int) -> str:
    """Return a rate (PICOS a token) as US dollars a million tokens."""
    dollars = picos / 1_000_000
    # So many digits that no price is shown as nothing.
    return f"${dollars:,.2f}" if not picos or dollars >= 0.1 else f"${dollars:.6f}".rstrip("0")


def _starter(provider: Provider | None) -> dict[str, Any]:
    """Return a table with the one model that is asked now."""
    name = (provider.model if provider else "") or settings.MODEL
    return {
        "deployments": [{"name": name, "title": "the usual model", "sees": "personal"}],
        "rows": [{"use": [name]}],
    }

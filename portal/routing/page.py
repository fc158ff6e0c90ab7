"""Page of the routing table: deployments, rows and versions in words."""

from dataclasses import dataclass

import yaml

from tenants.models import Provider
from tenants.text.sentences import joined_by_and
from workflows.gateway.prices import Price
from workflows.models import DeploymentTry, RoutingVersion
from workflows.routing.selectors import table_of
from workflows.routing.starter import starting_value
from workflows.routing.table import (
    ModelDeployment,
    RoutingRow,
    RoutingTable,
    row_phrases,
)
from workflows.routing.tries.selectors import last_tries

SHOWN_VERSIONS = 10


@dataclass(frozen=True, slots=True)
class DeploymentLine:
    """Line of a deployment. Prices are of a million tokens, as text; empty where not known."""

    deployment: ModelDeployment
    price_in: str = ""
    price_out: str = ""
    last_try: DeploymentTry | None = None


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
    given = table.as_json() if table else starting_value(provider)
    return RoutingPage(
        number=table.number if table else 0,
        deployments=_deployments(table) if table else [],
        rows=[row_line(table, n, row) for n, row in enumerate(table.rows, 1)] if table else [],
        versions=list(versions[:SHOWN_VERSIONS]),
        text=yaml.safe_dump(given, sort_keys=False, allow_unicode=True, width=100),
    )


def when(row: RoutingRow) -> str:
    """Return when a row fits, in words: "a call that writes and moves money …"."""
    found = joined_by_and(row_phrases(row))
    return f"A call that {found}" if found else "Every other call"


def row_line(table: RoutingTable, number: int, row: RoutingRow) -> RowLine:
    """Return the line of a row."""
    return RowLine(number, when(row), [table.deployments[name].title for name in row.use])


def _deployments(table: RoutingTable) -> list[DeploymentLine]:
    tries = last_tries(table.deployments)
    found = table.deployments.items()
    return [DeploymentLine(one, *prices(one.price), tries.get(name)) for name, one in found]


def prices(price: Price | None) -> tuple[str, str]:
    """Return what a million tokens in and out cost, as text; empty where that is not known."""
    if price is None:
        return "", ""
    rates = price.rates(0)
    return _price_text(rates.uncached), _price_text(rates.answer)


def _price_text(picos: int) -> str:
    """Return a rate (PICOS a token) as US dollars a million tokens."""
    dollars = picos / 1_000_000
    # So many digits that no price is shown as nothing.
    return f"${dollars:,.2f}" if not picos or dollars >= 0.1 else f"${dollars:.6f}".rstrip("0")

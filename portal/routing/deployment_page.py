"""Page of one deployment: what it is, which rows ask it, and its last try."""

from dataclasses import dataclass
from datetime import timedelta

from portal.routing.page import RowLine, prices, row_line
from tenants import clock
from tenants.models import Provider
from workflows.gateway.price_list import OFFLINE, PLANNER, find_model
from workflows.models import DeploymentTry
from workflows.routing.deployments import rows_using
from workflows.routing.selectors import table_of
from workflows.routing.table import ModelDeployment, RoutingTable
from workflows.routing.tries.selectors import last_try

LATE = timedelta(seconds=20)  # a worker looks each second


@dataclass(frozen=True, slots=True)
class ListedHint:
    """What the price list has of a name: prices of a million tokens as text, and its limit.

    All are empty where it is not listed.
    """

    name: str
    is_listed: bool = False
    price_in: str = ""
    price_out: str = ""
    most_in: int = 0
    has_tools: bool = False
    has_schema: bool = False


@dataclass(frozen=True, slots=True)
class DeploymentPage:
    """Page of a deployment that is in the table."""

    deployment: ModelDeployment
    number: int
    rows: list[RowLine]
    price_in: str
    price_out: str
    hint: ListedHint


@dataclass(frozen=True, slots=True)
class TryView:
    """Last try of a deployment. ``state`` is waiting, late, asking or over.

    Late: no worker took it, so there may be none.
    """

    made: DeploymentTry
    state: str

    @property
    def buckets(self) -> list[tuple[str, int]]:
        """Tokens of the five buckets, each with its name."""
        usage = self.made.usage
        return [
            ("New input", usage.uncached),
            ("Read from a cache", usage.cache_read),
            ("Written to a cache", usage.cache_write),
            ("Answer", usage.answer),
            ("Reasoning", usage.reasoning),
        ]


def current_table() -> RoutingTable | None:
    """Return the table that holds; None where there is none."""
    return table_of(Provider.objects.first())


def deployment_page(table: RoutingTable, name: str) -> DeploymentPage:
    """Return the page of a deployment of the table."""
    found = table.deployments[name]
    price_in, price_out = prices(found.price)
    return DeploymentPage(
        deployment=found,
        number=table.number,
        rows=[row_line(table, n, table.rows[n - 1]) for n in rows_using(table, name)],
        price_in=price_in,
        price_out=price_out,
        hint=listed_hint(name),
    )


def listed_hint(name: str) -> ListedHint:
    """Return what the price list has of a name."""
    found = find_model(name)
    if found is None or found in (OFFLINE, PLANNER):
        return ListedHint(name)
    return ListedHint(
        name, True, *prices(found.price), found.most_in, found.has_tools, found.has_schema
    )


def try_view(name: str) -> TryView | None:
    """Return the last try of a deployment; None where it was never tried."""
    made = last_try(name)
    return TryView(made, _state(made)) if made else None


def _state(made: DeploymentTry) -> str:
    if made.is_over:
        return "over"
    if made.begun_at is not None:
        return "asking"
    return "late" if made.asked_at < clock.now() - LATE else "waiting"

"""A deployment is added to the routing table, changed or removed, and the rest stays as it is."""

from collections.abc import Collection
from dataclasses import replace

from tenants.errors import Conflict, Invalid
from tenants.models import Provider, User
from tenants.text.sentences import joined_by_and
from workflows.models import RoutingVersion
from workflows.routing.selectors import table_of
from workflows.routing.services import store_table
from workflows.routing.starter import starting_table
from workflows.routing.table import MOST_DEPLOYMENTS, ModelDeployment, RoutingTable


def rows_using(table: RoutingTable, name: str) -> list[int]:
    """Return the numbers, from 1, of the rows that ask a deployment."""
    return [number for number, row in enumerate(table.rows, 1) if name in row.use]


def with_deployment(
    table: RoutingTable, deployment: ModelDeployment, rows: Collection[int] = ()
) -> RoutingTable:
    """Return the table with a deployment, instead of the one of its name or behind the others.

    Each of ``rows``, by its number, asks it last. Raises Invalid where the table has no room.
    """
    deployments = {**table.deployments, deployment.name: deployment}
    if len(deployments) > MOST_DEPLOYMENTS:
        said = f"A table has {MOST_DEPLOYMENTS} deployments at most. Remove one first."
        raise Invalid(said, code="bad_settings")
    changed = [
        row.model_copy(update={"use": [*row.use, deployment.name]})
        if number in rows and deployment.name not in row.use
        else row
        for number, row in enumerate(table.rows, 1)
    ]
    return replace(table, deployments=deployments, rows=tuple(changed))


def without_deployment(table: RoutingTable, name: str) -> RoutingTable:
    """Return the table without a deployment. Raises Conflict, with the rows, where some ask it."""
    if rows := rows_using(table, name):
        said = f"{'Row' if len(rows) == 1 else 'Rows'} {joined_by_and([str(row) for row in rows])}"
        verb = "asks" if len(rows) == 1 else "ask"
        title = table.deployments[name].title
        raise Conflict(f"{said} {verb} {title}. Take it out there first.", code="conflict")
    left = {key: one for key, one in table.deployments.items() if key != name}
    return replace(table, deployments=left)


def store_deployment(
    deployment: ModelDeployment,
    *,
    by: User,
    after: int,
    rows: Collection[int] = (),
    note: str = "",
) -> RoutingVersion:
    """Store a new version of the table with this deployment, and return it.

    ``after`` and what is raised are those of ``store_table``. Without a table there is one then,
    which goes on asking the model that was asked before.
    """
    provider = Provider.objects.first()
    table = table_of(provider) or starting_table(provider)
    verb = "Changes" if deployment.name in table.deployments else "Adds"
    changed = with_deployment(table, deployment, rows)
    note = note or f"{verb} {deployment.title} ({deployment.name})"
    return store_table(changed.as_json(), by=by, after=after, note=note)


def remove_deployment(name: str, *, by: User, after: int) -> RoutingVersion:
    """Store a new version of the table without a deployment, and return it.

    Raises Invalid for a name that is not in the table, Conflict where rows ask it.
    """
    table = table_of(Provider.objects.first())
    if table is None or name not in table.deployments:
        raise Invalid(f"There is no deployment called {name[:80]} in the table that holds.")
    title = table.deployments[name].title
    changed = without_deployment(table, name)
    return store_table(changed.as_json(), by=by, after=after, note=f"Removes {title} ({name})")

"""No statement of a lane or a page reads all that a client ever did: each is helped by an index.

Every statement is explained for one client with a million of each, so a scan that grows with what
was done shows in its plan, however few rows the test has.
"""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.test import Client as Browser
from django.urls import reverse

from approvals.models import ReviewItem
from tenants.db import prepared
from tenants.scope import tenant_scope
from tests.browsing import browser
from tests.isolation.furnished import furnish
from tests.isolation.routes import API, INSIDE
from tests.isolation.test_routes import fill, path_of
from tests.lanes import Lane, open_lane
from tests.servers import database, super_url
from tests.world import make_world
from workflows.models import Run, StepRun

pytestmark = pytest.mark.django_db

# Tables that only grow.
GROWING = {
    *("workflows_run", "workflows_steprun", "workflows_call", "workflows_arrival"),
    *("workflows_inboundmail", "approvals_reviewitem", "approvals_proposal", "approvals_permit"),
    *("approvals_decision", "approvals_itemrevision", "approvals_signoff", "approvals_comment"),
    *("audit_event", "audit_outbox", "portal_told"),
}
# Indexes of what is open now: reading the whole of one does not grow with what was done.
OPEN = {
    *("queue", "queue_by_customer", "queue_by_workflow", "queue_of_exceptions"),
    *("run_under_way", "comment_asks"),
}
# Nodes that read everything below them before they give a row.
WHOLE = {"Sort", "Hash", "Aggregate", "WindowAgg", "Materialize", "Bitmap Index Scan"}
# A column that an index condition compares, other than the tenant.
COMPARED = re.compile(r"\(?\b([a-z_]+)\)?(?:::\w+)? (?:=|<|>|<=|>=|IS|IS NOT)(?: |$)")


@contextmanager
def a_million_each() -> Iterator[None]:
    """Let Postgres believe that each growing table has a million rows, all of one client."""
    tables = sorted(GROWING)
    with psycopg.connect(super_url(database()), autocommit=True) as su:
        before = su.execute(
            "SELECT relname, relpages, reltuples FROM pg_class WHERE relname = ANY(%s)", [tables]
        ).fetchall()
        columns = su.execute(
            "SELECT table_name, column_name FROM information_schema.columns WHERE "
            "table_name = ANY(%s) AND (column_name = 'id' OR column_name LIKE '%%\\_id')",
            [tables],
        ).fetchall()
        before += su.execute(
            "SELECT c.relname, c.relpages, c.reltuples FROM pg_index i "
            "JOIN pg_class c ON c.oid = i.indexrelid "
            "WHERE i.indrelid::regclass::text = ANY(%s)",
            [tables],
        ).fetchall()
        assert {name for name, _, _ in before} >= GROWING | OPEN
        _set_sizes(su, [(name, 1, 500 if name in OPEN else 1e6) for name, _, _ in before])
        for table, column in columns:
            distinct = {"tenant_id": 1.0, "id": -1.0}.get(column, -0.3)
            su.execute(
                "SELECT pg_restore_attribute_stats('schemaname', 'public', 'relname', %s::text, "
                "'attname', %s::text, 'inherited', false, 'null_frac', 0::real, "
                "'avg_width', 16, 'n_distinct', %s::real)",
                [table, column, distinct],
            )
        try:
            yield
        finally:
            _set_sizes(su, before)
            for table, column in columns:
                su.execute(
                    "SELECT pg_clear_attribute_stats('public', %s, %s, false)", [table, column]
                )


def _set_sizes(su: Any, sizes: list[Any]) -> None:
    for size in sizes:
        su.execute(
            "SELECT pg_restore_relation_stats('schemaname', 'public', 'relname', %s::text, "
            "'relpages', %s::int, 'reltuples', %s::real)",
            size,
        )


@contextmanager
def statements() -> Iterator[dict[str, Any]]:
    """Each statement that is sent in the block, with its values; None for a prepared one."""
    found: dict[str, Any] = {}
    run = prepared.prepared_rows

    def noted(on: Any, sql: str, values: list[Any]) -> list[tuple[Any, ...]]:
        found.setdefault(sql, None)
        return run(on, sql, values)

    def sent(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        found.setdefault(sql, params or ())
        return execute(sql, params, many, context)

    with pytest.MonkeyPatch.context() as patch, connection.execute_wrapper(sent):
        patch.setattr(prepared, "prepared_rows", noted)
        yield found


def plan_of(sql: str, params: Any) -> dict[str, Any]:
    if params is None:
        row = connection.connection.execute(f"EXPLAIN (GENERIC_PLAN, FORMAT JSON) {sql}").fetchone()
    else:
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", params)
            row = cursor.fetchone()
    found = row[0] if isinstance(row[0], list) else json.loads(row[0])
    plan: dict[str, Any] = found[0]["Plan"]
    return plan


def growing_scans(plan: dict[str, Any], above: tuple[str, ...] = ()) -> Iterator[str]:
    """The scans of a plan that read a client's whole history, in words."""
    kind, table = plan["Node Type"], plan.get("Relation Name")
    if table in GROWING and kind != "ModifyTable" and not _is_bounded(plan, above):
        yield f"{kind} of {table} by {plan.get('Index Name')}"
    for child in plan.get("Plans", ()):
        yield from growing_scans(child, (kind, *above))


def _is_bounded(plan: dict[str, Any], above: tuple[str, ...]) -> bool:
    condition = f"{plan.get('Index Cond', '')} {plan.get('Recheck Cond', '')}"
    compared = set(COMPARED.findall(condition)) - {"tenant_id"}
    if compared or plan.get("Index Name") in OPEN:
        return True
    first = next((kind for kind in above if kind in WHOLE | {"Limit"}), "")
    return first == "Limit"


def explain(found: dict[str, Any]) -> dict[str, list[str]]:
    """The statements that read a client's whole history, with the scans that do."""
    bad = {}
    with a_million_each(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        for sql, params in found.items():
            if re.match(r"\s*(SELECT|WITH|UPDATE|DELETE)\b", sql):
                scans = list(growing_scans(plan_of(sql, params)))
                if scans:
                    bad[sql] = scans
    return bad


def test_no_page_reads_all_that_was_done() -> None:
    world = make_world()
    client = world.harbor
    things = furnish(world, client, weeks_ago=1)
    with statements() as found:
        for person in (client.owner, world.admin):
            who = browser(person)
            for name, route in INSIDE.items():
                if "GET" in route.methods:
                    who.get(path_of(name, things.slug, things.ids))
        keyed = Browser(headers={"Authorization": f"Bearer {things.key}"})
        for name, route in API.items():
            if "GET" in route.methods:
                keyed.get(reverse(name, kwargs=fill(route.kwargs, things.ids)))
    with tenant_scope(client.tenant.pk):
        assert explain(found) == {}
    assert len(found) > 250


def test_no_part_of_a_lane_reads_all_that_was_done() -> None:
    with open_lane() as lane:
        with statements() as found:
            _run_lanes(lane)
        assert explain(found) == {}
    assert len(found) > 30


def _run_lanes(lane: Lane) -> None:
    for choice, reason in (("accept", ""), ("reject", "tone"), ("take_over", "")):
        run = lane.start()
        item = ReviewItem.objects.get(run_id=run.pk, kind="proposal")
        lane.decide(choice, item=item, reason=reason)


def test_a_statement_that_reads_all_that_was_done_is_found() -> None:
    with open_lane() as lane:
        run = lane.start()
        with statements() as found:
            Run.objects.filter(status="running").count()
            list(StepRun.objects.filter(run_id=run.pk))
            Run.objects.order_by("-id").first()
        assert [scan for scans in explain(found).values() for scan in scans] == [
            "Index Scan of workflows_run by workflows_run_pkey",
            "Index Scan of workflows_steprun by workflows_steprun_pkey",
        ]

"""The review pages with many items waiting: server time and queries of each.

The pages are asked for inside this process through Django's test client, so that the
time is the product's own: middleware, queries, templates; no network and no server.

uv run python -m tests.benchmarks.review_page [--items 100000] [--samples 100] [--queries]
"""

import argparse
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from tests.benchmarks import figures
from tests.benchmarks.house import House, open_house

if TYPE_CHECKING:
    from tests.benchmarks.workload import Bench

SCOPES = ("", "team", "everyone")
GROUPS = ("", "customer", "workflow", "deadline")
FILTERS: tuple[dict[str, str], ...] = (
    {},
    {"kind": "drafts"},
    {"workflow": "help-pages"},
    {"due": "today"},
    {"workflow": "help-pages", "due": "week", "kind": "drafts"},
)
FEW = 100  # waiting items of the comparison
# Kinds differ as in life: a draft for every four items, an exception for every twenty.
CUSTOMER = "'Customer ' || m.n % 2000"
KIND = "CASE WHEN m.n % 20 = 0 THEN 'exception' WHEN m.n % 4 = 0 THEN 'draft' ELSE 'proposal' END"


def _copy(house: House, table: str, one: str, **changes: str) -> None:
    """Copy one row for each row of ``made``, some columns changed."""
    columns = [
        row[0]
        for row in house.su.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 "
            "AND NOT attisdropped ORDER BY attnum",
            [table],
        ).fetchall()
    ]
    values = ", ".join(changes.get(name, f"t.{name}") for name in columns)
    house.su.execute(
        f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values} FROM made m, ({one}) AS t"
    )


def fill(house: House, count: int, others: list[Any]) -> None:
    """Let ``count`` more items wait, each with its run, proposal and expiry.

    Every seventh is of one of the ``others``, which are workflows.
    """
    lanes = ", ".join(f"'{other}'::uuid" for other in others)
    lane = f"CASE WHEN m.n % 7 = 0 THEN (ARRAY[{lanes}])[1 + m.n / 7 % {len(others)}] "
    house.su.execute("SET session_replication_role = replica")  # no triggers, no key checks
    house.su.execute("DROP TABLE IF EXISTS made")
    house.su.execute(
        "CREATE TEMP TABLE made AS SELECT n, uuidv7() AS run, uuidv7() AS item, "
        "now() + interval '2 hours' + n * interval '3 s' AS due FROM generate_series(1, %s) n",
        [count],
    )
    one = "SELECT * FROM {} ORDER BY id LIMIT 1"
    _copy(
        house,
        "workflows_run",
        one.format("workflows_run"),
        id="m.run",
        idempotency_key="'copy-' || m.run",
    )
    _copy(
        house,
        "approvals_reviewitem",
        one.format("approvals_reviewitem"),
        id="m.item",
        run_id="m.run",
        due_at="m.due",
        kind=KIND,
        asked_by=CUSTOMER,
        workflow_id=f"{lane} ELSE t.workflow_id END",
    )
    _copy(
        house,
        "approvals_proposal",
        one.format("approvals_proposal"),
        id="uuidv7()",
        item_id="m.item",
        run_id="m.run",
    )
    _copy(
        house,
        "audit_outbox",
        "SELECT * FROM audit_outbox WHERE topic = 'item.expire' ORDER BY id LIMIT 1",
        id="uuidv7()",
        object_id="m.item",
        due_at="m.due",
        hint_at="m.due",
    )
    house.su.execute("SET session_replication_role = origin")
    house.su.execute("VACUUM ANALYZE")  # as autovacuum would have by then


@dataclass(slots=True)
class Watch:
    """Counts and times the queries of a request, those that are prepared too."""

    queries: int = 0
    seconds: float = 0.0
    slowest: dict[str, float] = field(default_factory=dict)

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        return self.timed(sql, lambda: execute(sql, params, many, context))

    def timed(self, sql: str, ask: Callable[[], Any]) -> Any:
        """Ask, and note how long the answer took."""
        began = time.perf_counter()
        try:
            return ask()
        finally:
            took = time.perf_counter() - began
            self.queries += 1
            self.seconds += took
            self.slowest[sql] = max(took, self.slowest.get(sql, 0))


@contextmanager
def watching(watch: Watch) -> Iterator[None]:
    """Every query in the block goes through ``watch``."""
    from django.db import connection

    from tenants.db import prepared

    run = prepared.prepared_rows
    prepared.prepared_rows = lambda on, sql, values: watch.timed(sql, lambda: run(on, sql, values))
    try:
        with connection.execute_wrapper(watch):
            yield
    finally:
        prepared.prepared_rows = run


def _visit(browser: Any, path: str, samples: int, **headers: str) -> tuple[list[str], Watch]:
    took, inside, last = [], [], Watch()
    for number in range(samples + 3):
        last = Watch()
        with watching(last):
            began = time.perf_counter()
            response = browser.get(path, headers=headers)
            seconds = time.perf_counter() - began
        assert response.status_code == 200, (path, response.status_code)
        if number >= 3:  # the first ones compile templates
            took.append(seconds * 1000)
            inside.append(last.seconds * 1000)
    cells = [f"{figures.percentile(took, part):.1f}" for part in (0.5, 0.95)]
    size = f"{len(response.content) / 1000:.0f}"
    return [*cells, str(last.queries), f"{figures.percentile(inside, 0.5):.1f}", size], last


def _pages(bench: "Bench", waiting: int, samples: int, *, queries: bool = False) -> list[list[str]]:
    from django.test import Client as Browser

    from approvals.models import ReviewItem
    from portal.review.queue.ordering import list_place
    from tenants.scope import tenant_scope

    backend = "django.contrib.auth.backends.ModelBackend"
    base = f"/t/{bench.client.tenant.slug}/review/"
    with tenant_scope(bench.client.tenant.pk):
        found = ReviewItem.objects.filter(status="waiting").order_by("due_at", "id")
        middle = found[waiting // 2]
    rows = []
    for who in ("owner", "approver"):
        browser = Browser(SERVER_NAME="127.0.0.1")
        browser.force_login(getattr(bench.client, who), backend=backend)
        ways = [("queue, first page", base, {})]
        if who == "owner":
            ways += [
                ("queue, a page in the middle", f"{base}?after={list_place(middle)}", {}),
                ("one item and its queue", f"{base}{middle.pk}/", {}),
                ("one item, htmx", f"{base}{middle.pk}/", {"HX-Request": "true"}),
                ("search, a page of finds", f"{base}?q=mia+10412", {}),
                ("search, nothing found", f"{base}?q=nowhere", {}),
                ("exceptions", f"{base.removesuffix('review/')}exceptions/", {}),
            ]
        if waiting > FEW:
            ways += [(name, f"{base}?{query}", {}) for name, query in _lists()]
            ways += [
                (f"by {group}, a page in the middle", f"{base}?{query}", {})
                for group in GROUPS[1:]
                if (query := urlencode({"group": group, "after": list_place(middle, group)}))
            ]
            item = f"{base}{middle.pk}/?who=team&group=customer&workflow=help-pages"
            ways.append(("one item, team, by customer, one workflow", item, {}))
        for name, path, headers in ways:
            # So many lists are measured that fewer samples of each must do.
            enough = samples if "?" not in path or "q=" in path else max(5, samples // 5)
            cells, watch = _visit(browser, path, enough, **headers)
            rows.append([f"{waiting:,}", who, name, *cells])
            if queries:
                _say_slowest(f"{who}: {name}", watch)
    return rows


def _lists() -> Iterator[tuple[str, str]]:
    """Every scope by every grouping by every filter: what it is called, and its address."""
    for scope, group, narrowed in product(SCOPES, GROUPS, FILTERS):
        given = {"who": scope, "group": group, **narrowed}
        filled = {name: value for name, value in given.items() if value}
        if filled:
            named = [scope or "mine", f"by {group}" if group else "", *narrowed.values()]
            yield ", ".join(filter(None, named)), urlencode(filled)


def _save_filters(bench: "Bench") -> None:
    """As many as a person may have, of every scope."""
    from portal.review.queue.saved_filters import MOST, save_filter
    from tenants.scope import tenant_scope

    with tenant_scope(bench.client.tenant.pk):
        for who in ("owner", "approver"):
            actor = bench.client.actor(getattr(bench.client, who))
            for n in range(MOST):
                given = {"who": SCOPES[n % 3], **FILTERS[n % len(FILTERS)]}
                save_filter(name=f"Filter {n}", state=given, actor=actor)


def _say_slowest(name: str, watch: Watch) -> None:
    slow = sorted(watch.slowest.items(), key=lambda pair: -pair[1])[:4]
    print(f"\n{name}: slowest queries of its last request")
    for sql, seconds in slow:
        print(f"  {seconds * 1000:6.1f} ms  {' '.join(sql.split())[:400]}")


def _more_lanes(bench: "Bench") -> list[Any]:
    """Two more workflows of the client; their ids."""
    from tests.portal.review_kit import DRAFTS
    from workflows.services.definitions import make_workflow

    found = []
    for slug in ("help-pages", "size-guides"):
        text = DRAFTS.replace("help-pages", slug)
        actor = bench.client.actor(bench.admin)
        found.append(make_workflow(text=text, owner=bench.client.owner, actor=actor).pk)
    return found


def prepare(house: House) -> tuple["Bench", list[Any]]:
    """One client with an item that waits and saved filters; and the ids of more workflows."""
    from audit import outbox
    from audit.worker import wakeups
    from tenants.access import grant
    from tenants.scope import tenant_scope
    from tests.benchmarks.workload import make_bench

    bench = make_bench(house)
    with wakeups.without_wakeups():
        bench.start()
        outbox.drain()
    with tenant_scope(bench.client.tenant.pk):
        grant(bench.lane, bench.client.approver, actor=bench.owner)
        others = _more_lanes(bench)
    _save_filters(bench)
    return bench, others


@figures.watched()
def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--samples", type=int, default=100)
    parser.add_argument("--queries", action="store_true", help="print the slowest queries")
    given = parser.parse_args()
    with open_house() as house:
        bench, others = prepare(house)
        fill(house, FEW - 1, others)
        rows = _pages(bench, FEW, given.samples)
        fill(house, given.items - FEW, others)
        rows += _pages(bench, given.items, given.samples, queries=given.queries)
    head = ["waiting", "who", "page", "p50 ms", "p95 ms", "queries", "p50 ms in queries", "kB"]
    print(figures.table("Server time of the review pages", rows, head))


if __name__ == "__main__":
    main()

"""What a lane costs with 1 to 1,000 tenants, and with none to a million past runs.

One lane after another in one thread, as in ``costs``; CPU of this process and of Postgres.

uv run python -m tests.benchmarks.flat [--lanes 200] [--tenants 1000] [--past 1000000]
"""

import argparse
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

import psutil

from tests.benchmarks import figures
from tests.benchmarks.house import House, open_house

if TYPE_CHECKING:
    from tests.benchmarks.workload import Bench

ROUNDS = 3


def _lane(bench: "Bench") -> None:
    from audit import outbox

    bench.start()
    assert outbox.handle(HINTS.pop())
    found = bench.waiting()
    assert len(found) == 1, found
    bench.approve(*found[0])
    assert outbox.handle(HINTS.pop())


HINTS: list[UUID] = []


def _cost(house: House, benches: "list[Bench]", lanes: int) -> tuple[float, float]:
    """Milliseconds of CPU a lane: ours, Postgres'. The best of some rounds."""
    assert house.postgres.child is not None
    postgres = house.postgres.child.pid
    best = (1e9, 1e9)
    for _ in range(ROUNDS):
        before = (time.process_time(), _tree(postgres))
        for number in range(lanes):
            _lane(benches[number % len(benches)])
        after = (time.process_time(), _tree(postgres))
        cost = tuple((b - a) / lanes * 1000 for a, b in zip(before, after, strict=True))
        best = min(best, cost, key=sum)  # type: ignore[assignment]
    return best


def _tree(pid: int) -> float:
    return figures.cpu_of(pid) if psutil.pid_exists(pid) else 0.0


def _more_tenants(bench: "Bench", count: int) -> "list[Bench]":
    """The same client so many times over."""
    from tests.benchmarks.workload import another_client

    return [bench, *(replace(bench, **another_client(bench, n)) for n in range(count))]


def _past(house: House, bench: "Bench", count: int) -> None:
    """Copies of finished lanes with everything that belongs to them, a month back."""
    house.su.execute("SET session_replication_role = replica")  # no triggers, no keys
    done = house.number("SELECT count(*) FROM workflows_run WHERE status = 'done'")
    times = -(-count // done)
    for table, moved in PAST.items():
        _copy(house, table, moved, times)
    house.su.execute("SET session_replication_role = origin")
    house.su.execute("VACUUM ANALYZE")


# Each table with its columns that hold ids of rows which are copied too.
PAST = {
    "workflows_run": ("id",),
    "workflows_steprun": ("id", "run_id"),
    "workflows_call": ("id", "run_id", "step_id"),
    "approvals_reviewitem": ("id", "run_id"),
    "approvals_proposal": ("id", "run_id", "item_id"),
    "approvals_decision": ("id", "item_id"),
    "approvals_permit": ("id", "proposal_id", "decision_id"),
    "audit_event": ("id", "object_id"),
}


# What is long in these is left out, to fit a million runs on the disk: no index holds it.
LEAN = {"output", "request", "response", "evidence", "draft"}


def _copy(house: House, table: str, moved: tuple[str, ...], times: int) -> None:
    rows = house.su.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_name = %s "
        "AND is_generated = 'NEVER'",
        [table],
    ).fetchall()
    columns = [name for (name,) in rows]
    given = [_spelt(name, moved) for name in columns]
    where = "WHERE status = 'done'" if table == "workflows_run" else ""
    house.su.execute(
        f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(given)} "
        f"FROM {table} t, generate_series(1, {times}) n {where}"
    )


def _spelt(name: str, moved: tuple[str, ...]) -> str:
    # The same row and number give the same new id, so that links stay links.
    if name in moved:
        return f"md5(t.{name}::text || n)::uuid"
    if name in LEAN:
        return f"CASE WHEN t.{name} IS NULL THEN NULL ELSE '{{}}'::jsonb END"
    return "NULL" if name == "idempotency_key" else f"t.{name}"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--lanes", type=int, default=200)
    parser.add_argument("--tenants", type=int, default=1000)
    parser.add_argument("--past", type=int, default=1_000_000)
    given = parser.parse_args()
    print(figures.machine())
    rows: list[list[Any]] = []
    with open_house() as house:
        from audit import hints
        from tests.benchmarks.workload import make_bench

        hints.send = HINTS.append
        bench = make_bench(house)
        for _ in range(20):
            _lane(bench)
        first = _cost(house, [bench], given.lanes)
        rows.append(_row("1 tenant, empty", first, first))
        benches = _more_tenants(bench, given.tenants - 1)
        for one in benches:
            _lane(one)  # each client's first lane fills its caches
        cost = _cost(house, benches, max(given.lanes, len(benches)))
        rows.append(_row(f"{given.tenants:,} tenants in turn", cost, first))
        _past(house, bench, given.past)
        count = house.number("SELECT count(*) FROM workflows_run")
        cost = _cost(house, [bench], given.lanes)
        rows.append(_row(f"1 tenant, {count:,} past runs", cost, first))
    head = ["", "ms of CPU", "ms of Postgres CPU", "together, against the first"]
    print(figures.table("What a lane costs", rows, head))


def _row(name: str, cost: tuple[float, float], first: tuple[float, float]) -> list[str]:
    return [name, f"{cost[0]:.2f}", f"{cost[1]:.2f}", f"{sum(cost) / sum(first):.2f}"]


if __name__ == "__main__":
    main()

"""What a lane costs with 1 to 1,000 tenants, and with none to a million past runs.

One lane after another in one thread, as in ``costs``; CPU of this process and of Postgres,
against a bare lane (``bare``) in one thread just before.

uv run python -m tests.benchmarks.flat [--lanes 200] [--tenants 1000] [--past 1000000]
"""

import argparse
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

from tests.benchmarks import figures, references
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


@dataclass(frozen=True, slots=True)
class Cost:
    """Milliseconds of CPU a lane: ours, Postgres', and both of a bare lane a moment before."""

    own: float
    postgres: float
    bare: float

    @property
    def ratio(self) -> float:
        """How many bare lanes one of ours costs: what the machine does meanwhile drops out."""
        return (self.own + self.postgres) / self.bare


def _cost(house: House, benches: "list[Bench]", lanes: int) -> Cost:
    """The median of some rounds, by their ratio."""
    rounds = []
    for _ in range(ROUNDS):
        bare = references.psycopg_lanes(house, 400, processes=1, threads=1)
        before = (time.process_time(), _postgres(house))
        for number in range(lanes):
            _lane(benches[number % len(benches)])
        own, postgres = (
            (now - then) / lanes * 1000
            for now, then in zip((time.process_time(), _postgres(house)), before, strict=True)
        )
        rounds.append(Cost(own, postgres, (bare.cpu + bare.postgres) / bare.lanes * 1000))
    return sorted(rounds, key=lambda cost: cost.ratio)[len(rounds) // 2]


def _postgres(house: House) -> float:
    assert house.postgres.child is not None
    return figures.cpu_of(house.postgres.child.pid)


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
        kind = "jsonb" if name == "draft" else "bytea"
        return f"CASE WHEN t.{name} IS NULL THEN NULL ELSE '{{}}'::{kind} END"
    return "NULL" if name == "idempotency_key" else f"t.{name}"


@figures.watched()
def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--lanes", type=int, default=200)
    parser.add_argument("--tenants", type=int, default=1000)
    parser.add_argument("--past", type=int, default=1_000_000)
    given = parser.parse_args()
    rows: list[list[Any]] = []
    with open_house() as house:
        from audit.worker import wakeups
        from tests.benchmarks.workload import make_bench

        wakeups.send_wakeup = HINTS.append
        references.make_tables(house)
        references.psycopg_lanes(house, 400)  # warms what can be warmed
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
    head = ["", "ms of CPU", "ms of Postgres CPU", "bare lanes", "against the first"]
    print(figures.table("What a lane costs", rows, head))


def _row(name: str, cost: Cost, first: Cost) -> list[str]:
    numbers = (cost.own, cost.postgres, cost.ratio, cost.ratio / first.ratio)
    return [name, *(f"{number:.2f}" for number in numbers)]


if __name__ == "__main__":
    main()

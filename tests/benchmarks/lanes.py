"""Approval lanes per second, and what a lane costs, beside the references of the same run.

uv run python -m tests.benchmarks.lanes [--lanes 1000] [--processes 2] [--threads 8] [--delay 0]
"""

import argparse
import os
import time
from collections import Counter
from typing import TYPE_CHECKING

from tests.benchmarks import figures, references
from tests.benchmarks.house import House, open_house
from tests.benchmarks.references import HEAD, Result

if TYPE_CHECKING:
    from tests.benchmarks.workload import Bench

LOGGED = 50  # lanes whose statements are counted
WARM = 300  # lanes before those that count


def _count_statements(house: House, bench: "Bench") -> tuple[Counter[str], int]:
    """Statements and commits of the app role during some lanes, from Postgres' own log."""
    log = house.postgres.folder / "postgres.log"
    house.su.execute("ALTER ROLE handrail_app SET log_statement = 'all'")
    from django.db import connection

    connection.close()
    connection.close_pool()
    workers = house.start_workers(1, 8)
    try:
        bench.run(10)  # connections and caches
        time.sleep(3)
        start = log.stat().st_size
        bench.run(LOGGED)
        with log.open(encoding="utf-8", errors="replace") as file:
            file.seek(start)
            return figures.logged_statements(file.read())
    finally:
        house.stop(workers)
        house.su.execute("ALTER ROLE handrail_app RESET log_statement")
        connection.close()
        connection.close_pool()


def _handrail(
    house: House, bench: "Bench", lanes: int, *, at_once: bool, processes: int, threads: int
) -> tuple[Result, dict[str, float], float]:
    workers = house.start_workers(processes, threads)
    try:
        bench.run(WARM)
        house.settle_down()
        house.seen(reset=True)
        meter = figures.Meter(house, {"own": [os.getpid(), *(w.pid for w in workers)]})
        meter.begin()
        size = house.number("SELECT pg_database_size(current_database())")
        began, bench.polling = time.monotonic(), 0.0
        bench.run(lanes, at_once=at_once)
        seconds, grown = time.monotonic() - began, meter.end()
        grown["own"] -= bench.polling
        grown["kept"] = house.number("SELECT pg_database_size(current_database())") - size
        memory = figures.memory_of(workers)
    finally:
        house.stop(workers)
    return references.result("Handrail", lanes, seconds, grown["own"], grown), grown, memory


def _references(house: House, lanes: int, shape: dict[str, int]) -> list[Result]:
    results = references.celery_nothing(house, 5000, **shape)
    references.psycopg_lanes(house, 400)  # warms what can be warmed
    house.settle_down()
    results.append(references.psycopg_lanes(house, lanes * 2))
    results.append(references.celery_lanes(house, lanes, **shape))
    return results


def _commit_time(house: House) -> float:
    """Milliseconds of one small durable commit, at the median."""
    house.su.execute("CREATE TABLE IF NOT EXISTS bare.tick (n int)")
    took = []
    for n in range(300):
        began = time.monotonic()
        house.su.execute("INSERT INTO bare.tick VALUES (%s)", [n])
        took.append((time.monotonic() - began) * 1000)
    return figures.percentile(took, 0.5)


@figures.watched()
def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--lanes", type=int, default=1000)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--threads", type=int, default=8)
    parser.add_argument("--delay", type=float, default=0, help="seconds the model takes")
    given = parser.parse_args()
    with open_house(delay=given.delay) as house:
        from tests.benchmarks.workload import make_bench

        shape = {"processes": given.processes, "threads": given.threads}
        references.make_tables(house)
        print(f"One small commit takes {_commit_time(house):.2f} ms at the median.")
        # The references make one call a thread: a slow model would only measure that.
        results = [] if given.delay else _references(house, given.lanes, shape)
        bench = make_bench(house)
        statements, commits = _count_statements(house, bench)
        ours, grown, memory = _handrail(
            house, bench, given.lanes, at_once=bool(given.delay), **shape
        )
        results.append(ours)
        seen = house.seen()
        assert len(seen["effects"]) == seen["model"] == given.lanes
        bench.check_record(given.lanes + WARM + 10 + LOGGED)
    title = f"{given.lanes} lanes, {given.processes} worker processes of {given.threads} threads"
    print(figures.table(title, [result.line() for result in results], HEAD))
    for other in results[2:-1]:
        print(f"Handrail does {ours.rate / other.rate:.3f} of {other.name}'s lanes a second.")
    print(f"Most model calls at once: {seen['most']}. Workers: {memory:.0f} MB.")
    print(f"Full-page images in WAL: {grown['full pages'] / given.lanes:.2f} a lane.")
    print(f"The database grew by {grown['kept'] / given.lanes / 1000:.1f} kB a lane.")
    total = sum(statements.values()) / LOGGED
    rows = [[name, f"{count / LOGGED:.2f}"] for name, count in statements.most_common()]
    print(
        figures.table(
            f"A lane: {total:.1f} statements, {commits / LOGGED:.1f} commits",
            rows,
            ["statement", "a lane"],
        )
    )


if __name__ == "__main__":
    main()

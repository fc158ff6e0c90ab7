"""One lane at a time: from trigger to the item in the queue, from decision to the effect.

uv run python -m tests.benchmarks.latency [--samples 200] [--threads 8]
"""

import argparse
import time
from typing import TYPE_CHECKING

from tests.benchmarks import figures
from tests.benchmarks.house import open_house, until

if TYPE_CHECKING:
    from tests.benchmarks.workload import Bench

WARM = 150
PAUSE = 0.02  # seconds between lanes, so that one does not run into the next


def _measure(bench: "Bench", samples: int) -> dict[str, list[float]]:
    """Milliseconds of each part of so many lanes."""
    took: dict[str, list[float]] = {"trigger call": [], "trigger to queue": [], "decision call": []}
    decided: dict[str, float] = {}
    for _ in range(samples):
        time.sleep(PAUSE)
        began = time.monotonic()
        run_id = bench.start()
        took["trigger call"].append((time.monotonic() - began) * 1000)
        item = _item_of(bench, run_id)
        took["trigger to queue"].append((time.monotonic() - began) * 1000)
        time.sleep(PAUSE)
        goal, key = bench.done() + 1, _key(bench, item[0])
        decided[key] = began = time.monotonic()
        bench.approve(*item)
        took["decision call"].append((time.monotonic() - began) * 1000)
        until(lambda goal=goal: bench.done() == goal, seconds=30, what="the lane is done")
        took.setdefault("decision to done", []).append((time.monotonic() - began) * 1000)
    effects = bench.house.seen()["effects"]
    took["decision to effect"] = [(effects[k][1] - at) * 1000 for k, at in decided.items()]
    return took


def _item_of(bench: "Bench", run_id: object) -> tuple[object, str]:
    """The run's item, once another connection can read it; looked for every millisecond."""
    until_ = time.monotonic() + 30
    while time.monotonic() < until_:
        row = bench.house.su.execute(
            "SELECT id, content_hash FROM approvals_reviewitem "
            "WHERE tenant_id = %s AND run_id = %s AND status = 'waiting'",
            [bench.client.tenant.pk, run_id],
        ).fetchone()
        if row is not None:
            return row[0], row[1]
        time.sleep(0.001)
    raise AssertionError("After 30 s still no item.")


def _key(bench: "Bench", item_id: object) -> str:
    """The key its effect will carry."""
    row = bench.house.su.execute(
        "SELECT id FROM approvals_proposal WHERE item_id = %s", [item_id]
    ).fetchone()
    assert row is not None
    return f"hr-{row[0]}"


@figures.watched()
def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--samples", type=int, default=200)
    parser.add_argument("--threads", type=int, default=8)
    given = parser.parse_args()
    with open_house() as house:
        from tests.benchmarks.workload import make_bench

        bench = make_bench(house)
        workers = house.start_workers(1, given.threads)
        bench.run(WARM)
        house.settle_down()
        bench.run(WARM)  # plans them anew
        took = _measure(bench, given.samples)
        house.stop(workers)
    rows = [
        [name, *(f"{figures.percentile(values, part):.1f}" for part in (0.5, 0.95, 1))]
        for name, values in took.items()
    ]
    title = f"{given.samples} lanes, one at a time, one worker of {given.threads} threads"
    print(figures.table(title, rows, ["ms", "p50", "p95", "most"]))


if __name__ == "__main__":
    main()

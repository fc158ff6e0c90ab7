"""Workers killed at random during lanes, then started again: what is lost, doubled, repeated.

uv run python -m tests.benchmarks.kills [--lanes 300] [--kills 12] [--delay 0.3]
"""

import argparse
import os
import random
import signal
import threading
import time
from typing import TYPE_CHECKING

from portal.servers.process import Child
from tests.benchmarks import figures
from tests.benchmarks.house import House, open_house, until

if TYPE_CHECKING:
    from tests.benchmarks.workload import Bench

WORKERS = 2


class Killer:
    """Kills a worker now and then; whoever died comes back after a moment."""

    def __init__(self, house: House, kills: int, seed: int) -> None:
        self.house, self.left = house, kills
        self.chance = random.Random(seed)
        self.workers = [house.processes.worker(threads=8) for _ in range(WORKERS)]

    def run(self) -> None:
        """Until so many have died. The last ones stay dead."""
        while self.left:
            time.sleep(self.chance.uniform(0.3, 1.2))
            self.left -= 1
            victim = self.chance.randrange(WORKERS)
            self._kill(self.workers[victim])
            if self.left:
                self.workers[victim] = self.house.processes.worker(threads=8)
        for worker in self.workers:
            self._kill(worker)

    def _kill(self, worker: Child) -> None:
        if worker.is_alive():
            os.kill(worker.pid, signal.SIGKILL)
        worker.stop(5)
        if worker in self.house.processes.children:
            self.house.processes.children.remove(worker)


def _approve_until(bench: "Bench", stop: threading.Event) -> None:
    """Approve whatever comes up, as people would, however the workers fare."""
    from django.db import connections

    while not stop.is_set():
        for found in bench.waiting():
            bench.approve(*found)
        time.sleep(0.05)
    connections.close_all()


def _measure(house: House, bench: "Bench", lanes: int, kills: int) -> dict[str, float]:
    killer, stop = Killer(house, kills, seed=lanes), threading.Event()
    people = threading.Thread(target=_approve_until, args=(bench, stop))
    time.sleep(4)
    deaths = threading.Thread(target=killer.run)
    people.start()
    deaths.start()
    for _ in range(lanes):
        bench.start()
        time.sleep(0.01)
    deaths.join()
    before = bench.done()
    fresh = [house.processes.worker(threads=8) for _ in range(WORKERS)]
    until(lambda: all(_consumes(w) for w in fresh), seconds=30, what="workers are up", every=0.02)
    began = time.monotonic()
    try:
        until(lambda: bench.done() == lanes, seconds=90, what=f"{lanes} lanes are done")
    finally:
        stop.set()
        people.join()
    took = time.monotonic() - began
    house.stop(fresh)
    return {"done when all were dead": before, "seconds from restart to the last": took}


def _consumes(worker: Child) -> bool:
    return " ready." in worker.log.read_text(errors="replace")


def _count(house: House, lanes: int) -> dict[str, float]:
    seen = house.seen()
    counts = [count for count, _ in seen["effects"].values()]
    finished = house.number(
        "SELECT count(*) - count(DISTINCT (step_id)) FROM workflows_call WHERE status = 'done'"
    )
    return {
        "lanes": lanes,
        "lost": lanes - house.number("SELECT count(*) FROM workflows_run WHERE status = 'done'"),
        # Each lane has one key, and the shop acts once a key: another key is another effect.
        "effects more or fewer than lanes": len(counts) - lanes,
        "requests repeated with their key, which acts once": sum(counts) - len(counts),
        "finished calls repeated": finished,
        "model calls that a death cut off, asked again": seen["model"] - lanes,
        "exceptions": house.number(
            "SELECT count(*) FROM approvals_reviewitem WHERE kind = 'exception'"
        ),
    }


@figures.watched()
def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--lanes", type=int, default=300)
    parser.add_argument("--kills", type=int, default=12)
    parser.add_argument("--delay", type=float, default=0.3, help="seconds the model takes")
    given = parser.parse_args()
    with open_house(delay=given.delay) as house:
        house.processes.env["HANDRAIL_LOG"] = "INFO"
        from tests.benchmarks.workload import make_bench

        bench = make_bench(house)
        found = _measure(house, bench, given.lanes, given.kills)
        found |= _count(house, given.lanes)
    title = f"{given.lanes} lanes, {given.kills} workers killed with SIGKILL"
    print(figures.table(title, [[k, f"{v:g}"] for k, v in found.items()], ["what", "figure"]))


if __name__ == "__main__":
    main()

"""Workers killed during lanes, then started again: what is lost, doubled, repeated.

By default now and then, at random, while lanes are triggered one by one. With ``--burst`` all
lanes are triggered at once, and both workers are killed while the model's answers come in.

uv run python -m tests.benchmarks.kills [--burst] [--lanes 300] [--kills 12] [--delay 0.3]
"""

import argparse
import os
import random
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

from portal.servers.process import Child
from tests.benchmarks import figures
from tests.benchmarks.house import House, open_house, until

if TYPE_CHECKING:
    from tests.benchmarks.workload import Bench

WORKERS = 2


def _kill(house: House, worker: Child) -> None:
    if worker.is_alive():
        os.kill(worker.pid, signal.SIGKILL)
    worker.stop(5)
    if worker in house.processes.children:
        house.processes.children.remove(worker)


class Killer:
    """Kills a worker now and then; whoever died comes back after a moment."""

    def __init__(self, house: House, kills: int, seed: int) -> None:
        self.house, self.left = house, kills
        self.chance = random.Random(seed)
        self.workers = house.start_workers(WORKERS, threads=8)

    def run(self) -> None:
        """Until so many have died. The last ones stay dead."""
        while self.left:
            time.sleep(self.chance.uniform(0.3, 1.2))
            self.left -= 1
            victim = self.chance.randrange(WORKERS)
            _kill(self.house, self.workers[victim])
            if self.left:
                self.workers[victim] = self.house.processes.worker(threads=8)
        for worker in self.workers:
            _kill(self.house, worker)


@contextmanager
def _people(bench: "Bench") -> Iterator[None]:
    """Whatever comes up is approved, as people would, however the workers fare."""
    stop = threading.Event()
    people = threading.Thread(target=_approve_until, args=(bench, stop))
    people.start()
    try:
        yield
    finally:
        stop.set()
        people.join()


def _approve_until(bench: "Bench", stop: threading.Event) -> None:
    from django.db import connections

    while not stop.is_set():
        for found in bench.waiting():
            bench.approve(*found)
        time.sleep(0.05)
    connections.close_all()


def _measure(house: House, bench: "Bench", lanes: int, kills: int) -> dict[str, float]:
    """Trigger lanes one by one while workers die; what came of the model's calls."""
    killer = Killer(house, kills, seed=lanes)
    time.sleep(4)
    deaths = threading.Thread(target=killer.run)
    with _people(bench):
        deaths.start()
        for _ in range(lanes):
            bench.start()
            time.sleep(0.01)
        deaths.join()
        found = _finish(house, bench, lanes)
    return found | {"model calls that a death cut off, asked again": house.seen()["model"] - lanes}


def _measure_burst(house: House, bench: "Bench", lanes: int) -> dict[str, float]:
    """Trigger all lanes at once, kill both workers when a third is answered."""
    bench.numbered = True
    workers = house.start_workers(WORKERS, threads=8)
    until(lambda: all(_consumes(w) for w in workers), seconds=60, what="workers are up")
    with _people(bench):
        with ThreadPoolExecutor(4) as web:
            bench.start_together(lanes, web)
        answered = lambda: sum(sent for _, sent in house.seen()["prompts"].values())  # noqa: E731
        until(lambda: answered() >= lanes / 3, seconds=60, what="a third is answered", every=0.002)
        for worker in workers:
            os.kill(worker.pid, signal.SIGKILL)
        time.sleep(0.3)  # what the model had still to say reaches nobody
        at_death = house.seen()["prompts"]
        for worker in workers:
            _kill(house, worker)
        found = _finish(house, bench, lanes)
    after = house.seen()["prompts"]
    again = {key: asked - at_death.get(key, [0])[0] for key, (asked, _) in after.items()}
    sent = [key for key, (_, sent) in at_death.items() if sent]
    return found | {
        "calls in flight at the death": sum(not sent for _, sent in at_death.values()),
        "calls answered before the death": len(sent),
        "answered calls, asked again": sum(again[key] > 0 for key in sent),
        "calls asked more than twice": sum(asked > 2 for asked, _ in after.values()),
    }


def _finish(house: House, bench: "Bench", lanes: int) -> dict[str, float]:
    """Start workers again and wait until every lane is done."""
    before = bench.done()
    began_starting = time.monotonic()
    fresh = house.start_workers(WORKERS, threads=8)
    until(lambda: all(_consumes(w) for w in fresh), seconds=30, what="workers are up", every=0.02)
    began = time.monotonic()
    until(lambda: bench.done() == lanes, seconds=90, what=f"{lanes} lanes are done")
    ended = time.monotonic()
    house.stop(fresh)
    return {
        "done when all were dead": before,
        "seconds until the workers were up again": began - began_starting,
        "seconds from then to the last lane": ended - began,
    }


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
    parser.add_argument("--delay", type=float, help="seconds the model takes: 0.3, or 0.1")
    parser.add_argument("--burst", action="store_true", help="all lanes at once, both killed")
    given = parser.parse_args()
    with open_house(delay=given.delay or (0.1 if given.burst else 0.3)) as house:
        house.processes.env["HANDRAIL_LOG"] = "INFO"
        from tests.benchmarks.workload import make_bench

        bench = make_bench(house)
        if given.burst:
            found = _measure_burst(house, bench, given.lanes)
        else:
            found = _measure(house, bench, given.lanes, given.kills)
        found |= _count(house, given.lanes)
    killed = "both workers killed in a burst" if given.burst else f"{given.kills} workers killed"
    title = f"{given.lanes} lanes, {killed} with SIGKILL"
    print(figures.table(title, [[k, f"{v:g}"] for k, v in found.items()], ["what", "figure"]))


if __name__ == "__main__":
    main()

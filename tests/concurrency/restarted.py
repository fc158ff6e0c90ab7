"""Runs while Postgres is restarted again and again; ends well if every promise was kept.

    python -m tests.concurrency.restarted --runs 100 --restarts 6 --pause 0.5 2

A house of its own: the servers of the test session serve other tests meanwhile.
"""

import argparse
import os
import random
import signal
import sys
import threading
import time
import traceback
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any
from uuid import UUID

import psycopg

from tests.benchmarks.house import House, open_house, until

NOBODY = UUID(int=7)
MODES = {"immediate": signal.SIGQUIT, "fast": signal.SIGINT}


def restart(house: House, mode: str, web: str) -> None:
    """Restart Postgres. In the main thread: it ends with the thread that started it."""
    child = house.postgres.child
    assert child is not None
    began = time.monotonic()
    os.kill(child.pid, MODES[mode])
    child.process.wait(20)
    house.postgres.start()
    took = time.monotonic() - began
    # The connections in the web's pool are dead: nobody who asks it now may notice.
    answers = [_asked(web) for _ in range(6)]
    print(f"restarted ({mode}) in {took:.1f} s, the web says {answers}", flush=True)
    assert set(answers) == {401}, answers


def _asked(web: str) -> int:
    """What the API says to a wrong key, for which it looks into the database."""
    wrong = {"Authorization": f"Bearer hr_{NOBODY.hex}_01234567_{'0' * 43}"}
    try:
        urllib.request.urlopen(urllib.request.Request(f"{web}/api/v1/runs", headers=wrong))
    except urllib.error.HTTPError as answer:
        return answer.code
    return 200


def patiently[T](act: Callable[[], T]) -> T:
    """As a client would: the same again while the database is away."""
    from django.db import InterfaceError, OperationalError

    stop = time.monotonic() + 60
    while True:
        try:
            return act()
        except (OperationalError, InterfaceError, psycopg.OperationalError):
            if time.monotonic() > stop:
                raise
            time.sleep(0.1)


class Person(threading.Thread):
    """Starts runs and approves what comes up, all the while."""

    def __init__(self, bench: Any, runs: int) -> None:
        super().__init__(daemon=True)
        self.bench, self.runs = bench, runs
        self.url = bench.house.postgres.url("handrail")
        self.su = psycopg.connect(self.url, autocommit=True)
        self.problem = ""
        self.calm, self.over = threading.Event(), 0

    def run(self) -> None:
        """Until every run is over."""
        try:
            for number in range(self.runs):
                patiently(lambda n=number: self._start(n))  # type: ignore[misc]
                patiently(self._approve)
                self.over = patiently(self._ended)
                # A few are left for every restart.
                time.sleep(0 if self.calm.is_set() else 0.06)
            while self.over < self.runs:
                patiently(self._approve)
                self.over = patiently(self._ended)
                time.sleep(0.05)
        except Exception as error:
            self.problem = "".join(traceback.format_exception(error))

    def _start(self, number: int) -> None:
        """Start one run. It may be started already, if only the answer was lost."""
        from tenants.scope import tenant_scope
        from tests.world import REQUEST
        from workflows.services.runs import start_run

        with tenant_scope(self.bench.client.tenant.pk):
            start_run(
                self.bench.lane,
                input=REQUEST,
                trigger="api",
                actor=self.bench.owner,
                idempotency_key=f"run-{number}",
            )

    def _approve(self) -> None:
        from tenants.errors import Conflict

        sql = "SELECT id, content_hash FROM approvals_reviewitem WHERE status = 'waiting' LIMIT 50"
        for item_id, content_hash in self._ask(sql):
            try:
                self.bench.approve(item_id, content_hash)
            except Conflict as said:
                # The decision before was made, only its answer was lost.
                if said.code != "already_decided":
                    raise

    def _ended(self) -> int:
        sql = "SELECT count(*) FROM workflows_run WHERE status IN ('done', 'failed', 'cancelled')"
        return int(self._ask(sql)[0][0])

    def _ask(self, sql: str) -> list[Any]:
        try:
            return self.su.execute(sql).fetchall()
        except psycopg.OperationalError:
            self.su.close()
            self.su = psycopg.connect(self.url, autocommit=True, connect_timeout=2)
            raise


def main(runs: int, restarts: int, pause: list[float]) -> None:
    """Everything, once."""
    rand = random.Random(7)
    with open_house(delay=0.3) as house:
        from tests.benchmarks.workload import make_bench

        bench = make_bench(house)
        web = house.processes.web()
        children = house.start_workers(2, 4)
        person = Person(bench, runs)
        person.start()
        until(lambda: person.over > 0, seconds=60, what="the workers work")
        began = time.monotonic()
        for number in range(restarts):
            time.sleep(rand.uniform(*pause))
            restart(house, list(MODES)[number % 2], web)
        person.calm.set()
        calm = time.monotonic()
        person.join(120)
        assert not person.is_alive(), "runs are left over"
        assert person.problem == "", person.problem
        end = time.monotonic()
        print(f"{runs} runs in {end - began:.1f} s, the last {end - calm:.1f} s after", flush=True)
        assert all(child.is_alive() for child in children), "a worker ended"
        check(house, bench, runs)


def check(house: House, bench: Any, runs: int) -> None:
    """Fail unless every promise was kept."""
    from django.db import connections

    from tenants.scope import tenant_scope
    from tests.concurrency.promises import check_at_rest
    from workflows.models import Call, Run

    connections.close_all()  # this thread's is from before the restarts
    seen = house.seen()
    requests = sum(count for count, _ in seen["effects"].values())
    print(f"{seen['model']} model calls, {requests} requests for {runs} effects", flush=True)
    assert len(seen["effects"]) == runs
    check_at_rest(bench.client.tenant.pk, runs=runs)
    with tenant_scope(bench.client.tenant.pk):
        assert set(Run.objects.values_list("status", flat=True)) == {"done"}
        done = Call.objects.filter(status="done")
        assert done.count() == done.values("step_id").distinct().count() == 2 * runs


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--restarts", type=int, default=6)
    parser.add_argument("--pause", type=float, nargs=2, default=[0.5, 2.0])
    given = parser.parse_args()
    main(given.runs, given.restarts, given.pause)
    sys.exit(0)

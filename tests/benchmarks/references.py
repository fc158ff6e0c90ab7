"""Running the references on a house's own servers, so that ratios are of one run."""

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass

import redis

from portal.servers.process import Child
from tests.benchmarks.bare import TABLES, lane
from tests.benchmarks.figures import Meter
from tests.benchmarks.house import House, until
from tests.processes import ROOT


@dataclass(frozen=True, slots=True)
class Result:
    """What a run of many lanes came to. ``cpu`` is of its own processes, in seconds."""

    name: str
    lanes: int
    seconds: float
    cpu: float
    postgres: float = 0
    wal: float = 0
    full_pages: float = 0

    @property
    def rate(self) -> float:
        """Lanes, or tasks, per second."""
        return self.lanes / self.seconds

    def line(self) -> list[str]:
        """For the table."""
        each = self.lanes
        return [
            self.name,
            f"{self.rate:,.1f}",
            f"{self.cpu / each * 1000:.2f}",
            f"{self.postgres / each * 1000:.2f}" if self.postgres else "",
            f"{self.wal / each / 1000:.1f}" if self.wal else "",
        ]


HEAD = [
    "what",
    "a second",
    "ms of CPU each",
    "ms of Postgres CPU each",
    "kB of WAL each",
]


def make_tables(house: House) -> None:
    """Tables of the references, beside Handrail's in the same database."""
    house.su.execute(TABLES)


def psycopg_lanes(house: House, lanes: int, *, processes: int = 2, threads: int = 4) -> Result:
    """The lower bound: whole lanes one after the other in each of a few threads."""
    command = [sys.executable, "-m", "tests.benchmarks.bare", "--port", str(house.port)]
    command += ["--url", house.postgres.url("handrail"), "--threads", str(threads)]
    command += ["--lanes", str(lanes // processes)]
    stamp = time.time_ns()
    children = [
        subprocess.Popen(
            [*command, "--name", f"{stamp}-{n}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        for n in range(processes)
    ]
    for child in children:
        assert child.stdout
        assert child.stdout.readline() == "ready\n"
    meter = Meter(house, {})
    meter.begin()
    began = time.monotonic()
    for child in children:
        assert child.stdin
        child.stdin.write("\n")
        child.stdin.flush()
    said = [json.loads(child.communicate()[0]) for child in children]
    seconds = time.monotonic() - began
    grown = meter.end()
    _check(house, f"{stamp}-%", lanes)
    return result("bare psycopg", lanes, seconds, sum(s["cpu"] for s in said), grown)


def result(name: str, lanes: int, seconds: float, cpu: float, grown: dict[str, float]) -> Result:
    return Result(
        name,
        lanes,
        seconds,
        cpu,
        grown["Postgres"],
        grown["wal"],
        grown["full pages"],
    )


def _check(house: House, keys: str, lanes: int) -> None:
    done = house.number("SELECT count(*) FROM bare.run WHERE state = 'done' AND key LIKE %s", keys)
    assert done == lanes, (done, lanes)


def _environment(house: House) -> dict[str, str]:
    """For the tasks' processes: another broker database, no Django."""
    base, _, _ = house.broker.url.rpartition("/")
    os.environ |= {
        "BARE_BROKER": f"{base}/5",
        "BARE_URL": house.postgres.url("handrail"),
        "BARE_PORT": str(house.port),
    }
    # Celery's command line would prefer BROKER_URL to the app's own broker.
    unwanted = ("DJANGO_SETTINGS_MODULE", "BROKER_URL")
    return {name: value for name, value in os.environ.items() if name not in unwanted}


def _workers(house: House, processes: int, threads: int) -> list[Child]:
    env = _environment(house)
    command = [sys.executable, "-m", "celery", "-A", "tests.benchmarks.bare_celery", "worker"]
    command += ["--pool", "threads", "-c", str(threads), "-Q", "bare", "-l", "WARNING"]
    command += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    return [
        Child(
            f"bare{n}",
            [*command, "-n", f"bare{n}@%h"],
            log=house.folder / f"bare{n}.log",
            cwd=ROOT,
            env=env,
        )
        for n in range(processes)
    ]


def celery_nothing(house: House, tasks: int, *, processes: int, threads: int) -> list[Result]:
    """No-op tasks: how fast one process sends them, and how fast the workers empty the queue."""
    _environment(house)
    from tests.benchmarks.bare_celery import nothing

    broker = redis.Redis.from_url(os.environ["BARE_BROKER"])
    broker.flushdb()
    nothing.apply_async()  # the first one connects
    began, own = time.monotonic(), time.process_time()
    for _ in range(tasks):
        nothing.apply_async()
    sent = Result(
        "Celery, no-op task sent", tasks, time.monotonic() - began, time.process_time() - own
    )
    workers = _workers(house, processes, threads)
    try:
        # Workers that have only just started would be measured as slow.
        until(lambda: int(broker.llen("bare")) < tasks * 0.9, seconds=60, what="workers work")
        meter = Meter(house, {"own": [w.pid for w in workers]})
        meter.begin()
        left, began = int(broker.llen("bare")), time.monotonic()
        until(lambda: not broker.llen("bare"), seconds=120, what="the queue is empty", every=0.005)
        seconds, grown = time.monotonic() - began, meter.end()
    finally:
        for worker in workers:
            worker.stop(10)
    return [sent, Result("Celery, no-op task done", left, seconds, grown["own"])]


def celery_lanes(house: House, lanes: int, *, processes: int, threads: int) -> Result:
    """The lane as two tasks; the driver triggers and decides, as in Handrail's run."""
    workers = _workers(house, processes, threads)
    try:
        _celery_lanes(house, 100, "warm")
        meter = Meter(house, {"own": [os.getpid(), *(w.pid for w in workers)]})
        meter.begin()
        began = time.monotonic()
        _celery_lanes(house, lanes, "real")
        seconds, grown = time.monotonic() - began, meter.end()
    finally:
        for worker in workers:
            worker.stop(10)
    return result("Celery with rows", lanes, seconds, grown["own"], grown)


def _celery_lanes(house: House, lanes: int, name: str) -> None:
    from tests.benchmarks.bare_celery import act, draft

    mine = lane(house.postgres.url("handrail"), house.port)
    for number in range(lanes):
        draft.apply_async(args=[mine.trigger(f"celery-{name}-{number}")])
    decided = 0

    def all_decided() -> bool:
        nonlocal decided
        rows = house.su.execute(
            "SELECT id FROM bare.run WHERE state = 'waiting' ORDER BY id LIMIT 200"
        ).fetchall()
        for (run,) in rows:
            mine.decide(run)
            act.apply_async(args=[run])
            decided += 1
        return decided == lanes

    until(all_decided, seconds=300, what="every lane was decided", every=0.03)
    sql = "SELECT count(*) FROM bare.run WHERE state = 'done' AND key LIKE %s"
    until(lambda: house.number(sql, f"celery-{name}-%") == lanes, seconds=60, what="all end")
    mine.db.close()

"""Counting and printing: percentiles, CPU, what others used of it, WAL, tables."""

import os
import re
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from portal.servers.process import Child
from tests.benchmarks.house import House


def percentile(values: Iterable[float], part: float) -> float:
    """The value that ``part`` (0 to 1) of all values do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -(-int(part * 1000) * len(ordered) // 1000) - 1))]


def table(title: str, rows: Sequence[Sequence[Any]], head: Sequence[str]) -> str:
    """Rows as a Markdown table, so that it can go into the docs as it is."""
    cells = [[str(cell) for cell in row] for row in rows]
    lines = [f"| {' | '.join(row)} |" for row in [list(head), ["---"] * len(head), *cells]]
    return f"\n{title}\n\n" + "\n".join(lines) + "\n"


def machine() -> str:
    """What this ran on, how busy it was, and when."""
    cpu = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    load = " ".join(f"{n:.2f}" for n in os.getloadavg())
    name = cpu[1].strip() if cpu else "unknown CPU"
    return f"{os.cpu_count()} cores of {name}; load average at the start {load}"


QUIET = 0.08  # of the machine; above it two runs can't be compared


@dataclass(frozen=True, slots=True)
class CpuReading:
    """CPU seconds until one moment: of the whole machine, and of this process with its children.

    ``busy`` counts the time that a virtual machine's host took away, ``own`` children that ended.
    """

    at: float
    busy: float
    own: float


def read_cpu() -> CpuReading:
    """Return the CPU seconds until now."""
    times, used = psutil.cpu_times(), os.times()
    # What guests used is a part of "user", and a wait for the disk keeps no core busy.
    busy = times.user + times.nice + times.system + times.irq + times.softirq + times.steal
    own = used.user + used.system + used.children_user + used.children_system
    own += sum(_with_ended(child) for child in psutil.Process().children(recursive=True))
    return CpuReading(time.monotonic(), busy, own)


def share_of_others(before: CpuReading, after: CpuReading, cores: int) -> float:
    """Return which part (0 to 1) of the machine's CPU went to others between two readings."""
    others = (after.busy - before.busy) - (after.own - before.own)
    whole = (after.at - before.at) * cores
    return max(others / whole, 0.0) if whole > 0 else 0.0


def others_sentence(share: float) -> str:
    """Return what others used as a sentence, which calls a run quiet up to QUIET only."""
    said = "quiet." if share <= QUIET else "NOT quiet, do not compare."
    return f"Others used {share * 100:.1f} % of the CPU beside it: {said}"


@contextmanager
def watched() -> Iterator[None]:
    """The machine is printed before a benchmark, and after it what others used of the CPU."""
    print(machine())
    before = read_cpu()
    yield
    print(others_sentence(share_of_others(before, read_cpu(), os.cpu_count() or 1)))


def cpu_of(pid: int) -> float:
    """CPU seconds of a process and its children, those that ended too.

    Of this very process alone: its children are the servers and workers, counted for themselves.
    """
    if pid == os.getpid():
        return time.process_time()
    process = psutil.Process(pid)
    children = process.children(recursive=True)
    return sum(map(_with_ended, [process, *children]))


def _with_ended(process: psutil.Process) -> float:
    """CPU seconds of a process and its children that ended."""
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return times.user + times.system + times.children_user + times.children_system


def memory_of(children: Iterable[Child]) -> float:
    """Proportional memory in MB, of the processes alone."""
    return sum(psutil.Process(c.pid).memory_full_info().pss for c in children) / 1e6


def memory_of_all(children: Iterable[Child]) -> float:
    """Proportional memory in MB, with the processes that they started."""
    whole = [psutil.Process(child.pid) for child in children]
    whole += [inner for process in whole for inner in process.children(recursive=True)]
    return sum(process.memory_full_info().pss for process in whole) / 1e6


@dataclass(slots=True)
class Meter:
    """What passed between ``begin`` and ``end``: CPU by group, WAL."""

    house: House
    groups: dict[str, list[int]]
    _before: dict[str, float] = field(default_factory=dict)

    def begin(self) -> None:
        """Remember how things stand."""
        self._before = self._now()

    def end(self) -> dict[str, float]:
        """How much each has grown since."""
        return {name: value - self._before[name] for name, value in self._now().items()}

    def _now(self) -> dict[str, float]:
        house = self.house
        postgres, broker = house.postgres.child, house.broker.child
        assert postgres is not None
        assert broker is not None
        servers = {"Postgres": postgres.pid, "broker": broker.pid, "outside": house.outside.pid}
        cpu = {name: sum(map(cpu_of, pids)) for name, pids in self.groups.items()}
        cpu |= {name: cpu_of(pid) for name, pid in servers.items()}
        row = house.su.execute(
            "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::float8, wal_fpi FROM pg_stat_wal"
        ).fetchone()
        assert row is not None
        return cpu | {"wal": row[0], "full pages": row[1]}


STATEMENT = re.compile(r"\[(\d+)\] LOG:  (?:statement|execute [^:]*): (.*)")
PLAIN = re.compile(r"BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE SAVEPOINT|SELECT set_config")
SHAPES = (
    (re.compile(r"WITH wanted AS"), "SELECT tenants_passage"),
    (re.compile(r'(INSERT) INTO "?(\w+)'), ""),
    (re.compile(r'(UPDATE) "?(\w+)'), ""),
    (re.compile(r'(DELETE) FROM "?(\w+)'), ""),
    (re.compile(r'(SELECT) .*? FROM "?(\w+)'), ""),
)


def logged_statements(text: str) -> tuple[Counter[str], int]:
    """Statements of a Postgres log by shape, as "SELECT workflows_run", and all commits.

    A statement outside BEGIN and COMMIT is a commit of its own.
    """
    found: Counter[str] = Counter()
    inside: set[str] = set()
    commits = 0
    # A statement of several lines goes on in lines that begin with a tab.
    for backend, line in STATEMENT.findall(text.replace("\n\t", " ")):
        name = shape(line)
        found[name] += 1
        if name == "BEGIN":
            inside.add(backend)
        elif name in ("COMMIT", "ROLLBACK"):
            inside.discard(backend)
            commits += name == "COMMIT"
        elif backend not in inside:
            commits += 1
    return found, commits


def shape(sql: str) -> str:
    """A statement's verb and first table."""
    sql = " ".join(sql.split())
    if plain := PLAIN.match(sql):
        return plain[0]
    for pattern, name in SHAPES:
        if match := pattern.match(sql):
            return name or f"{match[1]} {match[2]}"
    return sql[:40]

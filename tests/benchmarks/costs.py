"""Where the time of a lane goes: CPU, statements and commits by phase, CPU by library.

One lane after another in one thread, each row handled as a worker does it, with the
model and the shop over loopback HTTP.

uv run python -m tests.benchmarks.costs [--lanes 100] [--statements] [--stacks] [--budgets 4]
"""

import argparse
import signal
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any
from uuid import UUID

from tests.benchmarks import figures
from tests.benchmarks.house import open_house
from tests.processes import ROOT

if TYPE_CHECKING:
    from tests.benchmarks.workload import Bench

PHASES = ("trigger", "begin", "model call", "hold", "decide", "redeem", "effect call", "finish")
EVERY = 0.001  # seconds of CPU between two samples


@dataclass(slots=True)
class Phases:
    """CPU, statements and commits of whatever phase is innermost."""

    cpu: Counter[str] = field(default_factory=Counter)
    statements: Counter[str] = field(default_factory=Counter)
    commits: Counter[str] = field(default_factory=Counter)
    shapes: Counter[tuple[str, str]] = field(default_factory=Counter)
    stack: list[str] = field(default_factory=lambda: ["between"])
    since: float = 0.0

    def clear(self) -> None:
        """Forget what was counted."""
        for counter in (self.cpu, self.statements, self.commits):
            counter.clear()
        self.shapes.clear()
        self.since = time.process_time()

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Charge what happens inside to ``name``."""
        self._charge()
        self.stack.append(name)
        try:
            yield
        finally:
            self._charge()
            self.stack.pop()

    def _charge(self) -> None:
        now = time.process_time()
        self.cpu[self.stack[-1]] += now - self.since
        self.since = time.process_time()

    def statement(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        """Django's execute wrapper."""
        self.statements[self.stack[-1]] += 1
        self.shapes[self.stack[-1], figures.shape(sql)] += 1
        return execute(sql, params, many, context)


@dataclass(slots=True)
class Samples:
    """Stacks, looked at every millisecond of CPU; each goes to the library that works."""

    libraries: Counter[str] = field(default_factory=Counter)
    functions: Counter[str] = field(default_factory=Counter)
    stacks: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    total: int = 0

    def look(self, number: int, frame: FrameType | None) -> None:
        """Signal handler."""
        self.total += 1
        names: list[str] = []
        while frame is not None:
            library = _library(frame.f_code.co_filename)
            if library:
                names.append(f"{library}: {frame.f_code.co_qualname}")
            frame = frame.f_back
        if names:
            self.libraries[names[0].split(":")[0]] += 1
            self.functions[names[0]] += 1
            for name in set(names):
                self.stacks["inclusive"][name] += 1


def _library(filename: str) -> str:
    """The distribution or the app a file belongs to; "" for the standard library."""
    if "site-packages" in filename:
        return Path(filename.split("site-packages/", 1)[1]).parts[0].removesuffix(".py")
    if filename.startswith(str(ROOT)) and "/.venv/" not in filename:
        return Path(filename).relative_to(ROOT).parts[0]
    return ""


def _set_budgets(bench: "Bench", budgets: int) -> None:
    """So many budgets of the client, of every period and two units, wide enough for every lane."""
    from tenants.scope import tenant_scope
    from tests.workflows.budgets.budgets_kit import set_one

    with tenant_scope(bench.client.tenant.pk):
        for unit in ("tokens", "calls"):
            for period in ("day", "week", "month"):
                if (budgets := budgets - 1) >= 0:
                    set_one(unit=unit, period=period, most=10**12)


def _run(bench: "Bench", phases: Phases, lanes: int) -> None:
    """Lanes one by one; what ``hint`` would send is handled here and now."""
    from audit import outbox

    for _ in range(lanes):
        with phases.phase("trigger"):
            bench.start()
        _handle(outbox, phases, "begin")
        found = bench.waiting()
        assert len(found) == 1, found
        with phases.phase("decide"):
            bench.approve(*found[0])
        _handle(outbox, phases, "redeem")


def _handle(outbox: Any, phases: Phases, phase: str) -> None:
    row_id = HINTS.pop()
    assert not HINTS
    with phases.phase(phase):
        assert outbox.handle(row_id)


HINTS: list[UUID] = []


def _patch(phases: Phases) -> None:
    """Collect hints instead of sending them, and mark the phases inside ``handle``."""
    from django.db import connection

    from audit.worker import inflight, loop, wakeups
    from tenants.db import unit_of_work
    from workflows.engine.calls import jobs

    wakeups.send_wakeup = HINTS.append
    carry_out, commit = loop.carry_out, connection._commit

    def carried(job: Any) -> Any:
        with phases.phase("hold" if isinstance(job, jobs.ModelJob) else "finish"):
            return carry_out(job)

    def committed() -> None:
        phases.commits[phases.stack[-1]] += 1
        commit()

    loop.carry_out = carried
    connection._commit = committed
    perform = inflight.perform

    def performed(job: Any) -> Any:
        with phases.phase("model call" if isinstance(job, jobs.ModelJob) else "effect call"):
            return perform(job)

    inflight.perform = performed
    rows = unit_of_work.rows

    def counted(sql: str, values: Any, **more: Any) -> Any:
        phases.statement(lambda *given: None, sql, values, False, None)
        return rows(sql, values, **more)

    unit_of_work.rows = counted


@figures.watched()
def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--lanes", type=int, default=100)
    parser.add_argument("--stacks", action="store_true", help="print functions too")
    parser.add_argument("--statements", action="store_true", help="print each phase's")
    parser.add_argument("--budgets", type=int, default=0, help="so many hold, 6 at most")
    given = parser.parse_args()
    with open_house() as house:
        from django.db import connection

        from tests.benchmarks.workload import make_bench

        bench, samples, phases = make_bench(house), Samples(), Phases()
        _set_budgets(bench, given.budgets)
        HINTS.clear()
        _patch(phases)
        _run(bench, phases, 10)
        phases.clear()
        with connection.execute_wrapper(phases.statement):
            _run(bench, phases, given.lanes)
        measured = deepcopy(phases)
        signal.signal(signal.SIGPROF, samples.look)
        signal.setitimer(signal.ITIMER_PROF, EVERY, EVERY)
        _run(bench, phases, given.lanes)
        signal.setitimer(signal.ITIMER_PROF, 0)
    _print(measured, samples, given.lanes)
    if given.statements:
        _print_statements(measured, given.lanes)
    if given.stacks:
        _print_stacks(samples)


def _print(phases: Phases, samples: Samples, lanes: int) -> None:
    rows = [
        [
            name,
            f"{phases.cpu[name] / lanes * 1000:.2f}",
            f"{phases.statements[name] / lanes:.1f}",
            f"{phases.commits[name] / lanes:.1f}",
        ]
        for name in PHASES
    ]
    whole = [
        sum(c[n] for n in PHASES) / lanes for c in (phases.cpu, phases.statements, phases.commits)
    ]
    rows.append(["all", f"{whole[0] * 1000:.2f}", f"{whole[1]:.1f}", f"{whole[2]:.1f}"])
    print(figures.table("A lane by phase", rows, ["phase", "ms of CPU", "statements", "commits"]))
    shares = [[n, f"{c / samples.total:.0%}"] for n, c in samples.libraries.most_common(14)]
    print(figures.table("CPU by library, of its own", shares, ["library", "share"]))


def _print_statements(phases: Phases, lanes: int) -> None:
    for phase in PHASES:
        shapes = {name: n / lanes for (where, name), n in phases.shapes.items() if where == phase}
        said = [f"{name} {n:g}" for name, n in sorted(shapes.items(), key=lambda x: -x[1])]
        print(f"{phase}: {', '.join(said) or 'none'}")


def _print_stacks(samples: Samples) -> None:
    for title, counter in (
        ("Functions, of their own", samples.functions),
        ("Functions, with what they call", samples.stacks["inclusive"]),
    ):
        rows = [[n, f"{c / samples.total:.1%}"] for n, c in counter.most_common(60)]
        print(figures.table(title, rows, ["function", "share"]))


if __name__ == "__main__":
    main()

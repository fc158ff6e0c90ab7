"""What a turn of an agent costs, and five hundred agents at once in one worker process.

uv run python -m tests.benchmarks.agents [--agents 30] [--turns 10]
uv run python -m tests.benchmarks.agents --together 500 [--delay 0.8]
"""

import argparse
import time
from typing import TYPE_CHECKING, Any

from tests.benchmarks import figures
from tests.benchmarks.house import House, open_house, until

if TYPE_CHECKING:
    from tests.benchmarks.workload import Bench

AGENT = """
workflow: agents
title: Agents
rung: draft_only
model: openai/scripted
brief: {why: "To measure an agent."}
sources: [returns-policy]
steps:
  - name: facts
    retrieve: {query: "damaged items refunded in full", passages: 2}
  - name: work
    needs: [facts]
    agent:
      prompt: "Find out what the customer asks."
      tools: [orders.find]
      cite: facts
      caps: {turns: 50, tool_calls: 50, same_calls: 10}
"""


def _make_agent(house: House, bench: "Bench") -> Any:
    from tenants.scope import tenant_scope
    from tests.workflows.engine.agent_kit import finder
    from tests.world import admin_actor
    from workflows.services.definitions import make_workflow

    actor = admin_actor(bench.admin)
    with tenant_scope(bench.client.tenant.pk):
        finder(actor, house.shop)
        return make_workflow(text=AGENT, owner=bench.client.owner, actor=actor)


def _start(bench: "Bench", workflow: Any, turns: int) -> None:
    from tenants.scope import tenant_scope
    from tests.world import REQUEST
    from workflows.services.runs import start_run

    with tenant_scope(bench.client.tenant.pk):
        given = {**REQUEST, "turns": turns}
        start_run(workflow, input=given, trigger="api", actor=bench.owner)


def _one_by_one(bench: "Bench", workflow: Any, agents: int, turns: int) -> tuple[float, float]:
    """Milliseconds of CPU and statements of an agent of so many turns, in this process."""
    from django.db import connection

    from audit import outbox
    from audit.worker import wakeups
    from tenants.db import unit_of_work
    from tenants.scope import tenant_scope

    asked = 0
    rows = unit_of_work.rows

    def counted(*given: Any, **more: Any) -> Any:  # these go past Django's connection
        nonlocal asked
        asked += 1
        return rows(*given, **more)

    unit_of_work.rows = counted

    def count(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal asked
        asked += "SAVEPOINT" not in sql
        return execute(sql, params, many, context)

    def run(times: int) -> None:
        with wakeups.without_wakeups():
            for _ in range(times):
                _start(bench, workflow, turns)
                with tenant_scope(bench.client.tenant.pk):
                    outbox.drain()

    run(5)
    asked, began = 0, time.process_time()
    with connection.execute_wrapper(count):
        run(agents)
    return (time.process_time() - began) * 1000 / agents, asked / agents


def _together(house: House, bench: "Bench", workflow: Any, agents: int, delay: float) -> None:
    """So many agents of three turns, of which each turn waits for the model, in one process."""
    from audit.worker import wakeups

    workers = house.start_workers(1, 8)
    try:
        ended = house.number("SELECT count(*) FROM approvals_reviewitem")
        house.seen(reset=True)
        with wakeups.without_wakeups():
            for _ in range(agents):
                _start(bench, workflow, 3)
        began = time.monotonic()
        goal = "SELECT count(*) FROM approvals_reviewitem"
        until(lambda: house.number(goal) == ended + agents, seconds=300, what="all have ended")
        seconds, most = time.monotonic() - began, house.seen()["most"]
        memory = figures.memory_of(workers)
    finally:
        house.stop(workers)
    rows = house.su.execute(
        "SELECT millis FROM workflows_call WHERE kind = 'model' ORDER BY id DESC LIMIT %s",
        [3 * agents],
    ).fetchall()
    added = [millis - delay * 1000 for (millis,) in rows]
    print(
        f"{agents} agents of 3 turns at once, a model of {delay} s: {most} calls in flight, "
        f"{seconds:.1f} s in all, {memory:.0f} MB; a call takes "
        f"{figures.percentile(added, 0.5):.0f} ms longer (p50), "
        f"{figures.percentile(added, 0.95):.0f} ms (p95)."
    )


def _print_turns(house: House, agents: int, turns: int) -> None:
    from tests.benchmarks.workload import make_bench

    bench = make_bench(house)
    workflow = _make_agent(house, bench)
    long = _one_by_one(bench, workflow, agents, turns)
    short = _one_by_one(bench, workflow, agents, 1)
    each = [(one - other) / (turns - 1) for one, other in zip(long, short, strict=True)]
    rows = [
        [f"an agent of {turns} turns", f"{long[0]:.1f}", f"{long[1]:.1f}"],
        ["an agent of 1 turn", f"{short[0]:.1f}", f"{short[1]:.1f}"],
        ["a turn with a read", f"{each[0]:.2f}", f"{each[1]:.1f}"],
    ]
    print(figures.table("An agent", rows, ["", "ms of CPU", "statements"]))


@figures.watched()
def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--agents", type=int, default=30)
    parser.add_argument("--turns", type=int, default=10)
    parser.add_argument("--together", type=int, default=0)
    parser.add_argument("--delay", type=float, default=0.8)
    given = parser.parse_args()
    with open_house(delay=given.delay if given.together else 0) as house:
        if not given.together:
            _print_turns(house, given.agents, given.turns)
            return
        from tests.benchmarks.workload import make_bench

        bench = make_bench(house)
        _together(house, bench, _make_agent(house, bench), given.together, given.delay)


if __name__ == "__main__":
    main()

"""Fifty people on one queue: no decision lost, none doubled, and what their pages cost them.

Locust drives real sessions over HTTP against the web, while two workers carry out what
was approved. What every person was told is compared with what the database and the shop say.
With ``--pgbouncer`` web and workers each have a PgBouncer in transaction mode, as on two hosts.

uv run python -m tests.benchmarks.fifty [--people 50] [--minutes 10] [--items 9000]
"""

import argparse
import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from tests.benchmarks import figures
from tests.benchmarks.house import House, open_house, until
from tests.processes import ROOT

WAITING = "SELECT count(*) FROM approvals_reviewitem WHERE status = 'waiting'"
PASSWORD = "fifty people on one queue"
SHOWN = ("queue", "item", "decide")
A_SECOND = 0.45  # people who come: sign-in takes 30 a minute from one address


def add_people(bench: Any, count: int) -> None:
    """People who may decide in the lane, each with a password."""
    from tenants import access
    from tenants.models import User
    from tenants.scope import tenant_scope
    from tenants.services.people import add_member

    client = bench.client
    first = User(email="person-1@fifty.example")
    first.set_password(PASSWORD)
    for number in range(1, count + 1):
        email = f"person-{number}@fifty.example"
        user = User.objects.create(email=email, name=f"Person {number}", password=first.password)
        add_member(client.tenant, user, role="approver")
        with tenant_scope(client.tenant.pk):
            access.grant(bench.lane, user, actor=client.actor())


def fill(bench: Any, count: int) -> None:
    """Let so many lanes come as far as their review."""
    bench.client.tenant.take_back_seconds = 10
    bench.client.tenant.save()
    for _ in range(count):
        bench.start()
    until(
        lambda: bench.house.number(WAITING) == count,
        seconds=900,
        what=f"{count} items wait",
        every=0.5,
    )
    bench.house.settle_down()


def pool(house: House, name: str, connections: int) -> None:
    """Lead the processes started from here on through a PgBouncer, if it has ``connections``."""
    if connections:
        from tests.pgbouncer import put_between

        url, folder = house.postgres.url("handrail"), house.folder / f"pgbouncer-{name}"
        put_between(house.processes, url, folder, connections=connections)


def drive(house: House, address: str, people: int, minutes: float) -> tuple[list[Any], list[Any]]:
    """Let Locust run; what the people were told, and the times of each kind of page."""
    log, out = house.folder / "told.jsonl", house.folder / "locust"
    command = [sys.executable, "-m", "locust", "-f", str(Path(__file__).with_name("people.py"))]
    command += ["--headless", "--host", address, "-u", str(people), "-r", str(A_SECOND)]
    seconds = round(minutes * 60 + people / A_SECOND)
    command += ["-t", f"{seconds}s", "--csv", str(out), "--only-summary"]
    command += ["--stop-timeout", "30"]  # everybody hears what became of their last press
    env = {**os.environ, "FIFTY_LOG": str(log), "FIFTY_PASSWORD": PASSWORD}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    told = [json.loads(line) for line in log.read_text().splitlines()]
    rows = [line.split(",") for line in Path(f"{out}_stats.csv").read_text().splitlines()]
    head, *rest = rows
    return told, [dict(zip(head, row, strict=False)) for row in rest]


def check(house: House, told: list[Any], items: int) -> dict[str, int]:
    """Fail unless each decision that somebody was told of is there, once, and nothing else."""
    accepted = [(item, choice) for item, choice, status in told if status == 302]
    statuses = Counter(status for _, _, status in told)
    assert not statuses.keys() - {302, 409}, statuses
    found = house.su.execute("SELECT item_id::text, choice FROM approvals_decision").fetchall()
    assert sorted(found) == sorted(accepted), "lost or doubled"
    assert len({item for item, _ in found}) == len(found)
    approved = sum(choice == "accept" for _, choice in found)
    executed = "SELECT count(*) FROM approvals_proposal WHERE status = 'executed'"
    until(lambda: house.number(executed) == approved, seconds=60, what="all is carried out")
    effects = house.seen()["effects"]
    assert {count for count, _ in effects.values()} == {1}
    assert len(effects) == approved
    waiting = house.number(WAITING)
    by_state = "SELECT kind, status, choice, count(*) FROM approvals_reviewitem GROUP BY 1, 2, 3"
    assert waiting + len(found) == items, house.su.execute(by_state).fetchall()
    return {
        "decided": len(found),
        "told that somebody was faster": statuses[409],
        "carried out": approved,
        "still waiting": waiting,
    }


@figures.watched()
def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--items", type=int, default=9000)
    parser.add_argument("--web-processes", type=int, default=2)
    parser.add_argument("--pgbouncer", type=int, default=0, help="connections behind PgBouncer")
    given = parser.parse_args()
    with open_house() as house:
        from tests.benchmarks.workload import make_bench

        bench = make_bench(house)
        add_people(bench, given.people)
        pool(house, "workers", given.pgbouncer)
        workers = house.start_workers(2, 4)
        fill(bench, given.items)
        pool(house, "web", given.pgbouncer)
        address = house.processes.web(processes=given.web_processes)
        told, times = drive(house, address, given.people, given.minutes)
        numbers = check(house, told, given.items)
        assert all(worker.is_alive() for worker in workers)
    rows = [
        [t["Name"], t["Request Count"], t["Failure Count"], t["50%"], t["95%"], t["99%"]]
        for t in times
        if t.get("Name") in SHOWN
    ]
    head = ["page", "requests", "failures", "p50 ms", "p95 ms", "p99 ms"]
    print(figures.table(f"{given.people} people, {given.minutes:g} minutes", rows, head))
    print(figures.table("Decisions", list(numbers.items()), ["what", "how many"]))


if __name__ == "__main__":
    main()

"""What the API costs: starts beside a bare Django view, lists, and lanes that are started over it.

The bare view (``bare_web``) inserts one row with a key, on the same Postgres and the same kind of
server: granian, one process of four threads. With ``--lanes`` that many lanes are started over the
API and carried out instead, by two workers; ``--delay`` is how long their model takes.

uv run python -m tests.benchmarks.api [--starts 400] [--rounds 3]
uv run python -m tests.benchmarks.api --lanes 1000 --delay 0.8
"""

import argparse
import json
import os
import sys
import threading
import time
from itertools import count
from typing import TYPE_CHECKING, Any
from uuid import UUID

from portal.servers.process import Child, free_port
from tests.benchmarks import bare_web, figures
from tests.benchmarks.house import House, open_house, until
from tests.benchmarks.http_load import Connection, Server, measure
from tests.processes import ROOT

if TYPE_CHECKING:
    from tests.benchmarks.workload import Bench

AT_ONCE = 8
RUNS, ITEMS, BARE = "/api/v1/runs", "/api/v1/review-items", "/requests"
NUMBERS = count(1)


def start(connection: Connection, path: str = RUNS) -> Any:
    """Start a run, or insert the bare row, under a new key."""
    from tests.world import REQUEST

    body = json.dumps({"workflow": "approval-lane", "input": REQUEST}).encode()
    once = f"Idempotency-Key: api-{next(NUMBERS)}\r\n"
    return json.loads(connection.ask("POST", path, body, once))


def insert(connection: Connection) -> Any:
    """Insert the bare row."""
    return start(connection, BARE)


def bare_server(house: House) -> Server:
    """The bare view's server, started as the web's is."""
    house.su.execute(bare_web.TABLE)
    port = free_port()
    arguments = ["-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)]
    arguments += ["--no-ws", "--blocking-threads", "4", "tests.benchmarks.bare_web:application"]
    env = {**os.environ, "BARE_URL": house.postgres.url("handrail")}
    env.pop("DJANGO_SETTINGS_MODULE")
    log = house.folder / "bare-web.log"
    child = Child("bare web", [sys.executable, *arguments], log=log, cwd=ROOT, env=env)
    house.processes.children.append(child)
    server = Server("bare", child, port)
    until(lambda: _answers(server), seconds=30, what="the bare view answers", every=0.1)
    return server


def _answers(server: Server) -> bool:
    try:
        insert(server.connect())
    except OSError:
        return False
    return True


def api_server(house: House, bench: "Bench", *, hints: bool = True) -> Server:
    """The web, with a key of the client's that may do everything."""
    house.processes.env["HANDRAIL_SEND_HINTS"] = str(int(hints))
    port = int(house.processes.web().rpartition(":")[2])
    house.processes.env["HANDRAIL_SEND_HINTS"] = "1"
    headers = f"Authorization: Bearer {new_key(bench)}\r\n"
    return Server("API", house.processes.children[-1], port, headers)


def new_key(bench: "Bench") -> str:
    """The text of a key with every scope."""
    from tenants.scope import tenant_scope
    from tenants.services.keys import SCOPES, make_key

    with tenant_scope(bench.client.tenant.pk):
        return make_key(name="shop", scopes=list(SCOPES), actor=bench.client.actor())[1]


def compare_starts(bare: Server, api: Server, starts: int, rounds: int) -> None:
    """Print starts and bare inserts in turn, so that both see the same machine."""
    rows, ratios = [], []
    for at_once in (1, AT_ONCE):
        for _ in range(rounds):
            sends = {bare: insert, api: start}
            loads = {one: measure(one, send, starts, at_once) for one, send in sends.items()}
            rows += [
                [one.name, at_once, f"{load.each:.2f}", f"{load.rate:.0f}"]
                for one, load in loads.items()
            ]
            if at_once == AT_ONCE:
                ratios.append(f"{loads[api].rate / loads[bare].rate:.3f}")
    print(figures.table("Starts", rows, ["what", "at once", "ms of CPU each", "a second"]))
    print(f"The API does {', '.join(ratios)} of the bare inserts a second, {AT_ONCE} at once.")


def read_lists(house: House, bench: "Bench", api: Server) -> None:
    """Print what each list costs, full, and what one run and one item cost."""
    workers = house.start_workers(1, 4)
    until(lambda: len(bench.waiting()) >= 60, seconds=120, what="items wait", every=0.2)
    house.stop(workers)
    house.settle_down()
    first = api.connect()
    paths = [RUNS, ITEMS, f"{RUNS}?status=waiting&workflow=approval-lane"]
    for path in (RUNS, ITEMS):
        page = json.loads(first.ask("GET", path))["results"]
        assert len(page) == 50
        paths.append(f"{path}/{page[0]['id']}")
    rows = [[p, f"{measure(api, lambda c, p=p: c.ask('GET', p), 60).each:.2f}"] for p in paths]
    print(figures.table("Reading", rows, ["path", "ms of CPU each"]))


def authenticate(bench: "Bench", times: int = 500) -> float:
    """Milliseconds of CPU to find a key and who it is, in a transaction of its own."""
    from django.http import HttpResponse
    from django.test import RequestFactory
    from rest_framework.request import Request

    from portal.api.auth import KeyAuthentication
    from portal.middleware.api import ApiMiddleware

    answer, found = HttpResponse(), []

    def inside(request: Any) -> HttpResponse:
        found.append(KeyAuthentication().authenticate(Request(request)))
        return answer

    middleware = ApiMiddleware(inside)
    request = RequestFactory().get(RUNS, headers={"Authorization": f"Bearer {new_key(bench)}"})
    middleware(request)  # imports what it needs
    began = time.thread_time()
    for _ in range(times):
        middleware(request)
    spent = time.thread_time() - began
    assert all(found)
    return spent / times * 1000


def run_lanes(house: House, bench: "Bench", lanes: int) -> None:
    """Start lanes over the API, let workers carry them out, and print how that went."""
    api, local = api_server(house, bench, hints=False), threading.local()

    def begin() -> UUID:
        if not hasattr(local, "connection"):
            local.connection = api.connect()
        return UUID(start(local.connection)["id"])

    workers = house.start_workers(2, 4)
    bench.run(100)
    house.settle_down()
    house.seen(reset=True)
    began = time.monotonic()
    bench.run(lanes, at_once=True, start=begin)
    seconds = time.monotonic() - began
    database = house.postgres.child
    assert database is not None
    memory = figures.memory_of(workers), figures.memory_of_all([*workers, api.child, database])
    assert len(house.seen()["effects"]) == lanes
    print(f"{lanes / seconds:.0f} lanes a second; most model calls at once {house.seen()['most']}.")
    print(f"Workers {memory[0]:.0f} MB, with web and database {memory[1]:.0f} MB.")


@figures.watched()
def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--starts", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--lanes", type=int, default=0)
    parser.add_argument("--delay", type=float, default=0, help="seconds the model takes")
    given = parser.parse_args()
    with open_house(delay=given.delay) as house:
        from tests.benchmarks.workload import make_bench

        bench = make_bench(house)
        if given.lanes:
            run_lanes(house, bench, given.lanes)
            return
        bare, api = bare_server(house), api_server(house, bench)
        compare_starts(bare, api, given.starts, given.rounds)
        print(f"Authentication alone takes {authenticate(bench):.2f} ms of CPU.")
        read_lists(house, bench, api)


if __name__ == "__main__":
    main()

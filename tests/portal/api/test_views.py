"""API v1: starting runs once, reading them, and what is refused."""

import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stderr
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from django.test import Client as Http
from django.test.utils import CaptureQueriesContext

from approvals.models import ReviewItem
from audit import outbox
from audit.models import Event, Outbox
from tenants.scope import tenant_scope
from tests.portal.api.api_kit import ITEMS, PROBLEM, RUNS, key_of, runs_of, send, start
from tests.world import World, make_world
from workflows.services.runs import start_run

db = pytest.mark.django_db


def test_a_run_may_ask_to_go_last(world: World) -> None:
    key = key_of(world.harbor)
    body = {"workflow": "refund-replies", "input": {"message": "Broken"}}
    made = send(key, "POST", RUNS, body | {"priority": "bulk"})
    assert (made.status_code, made.json()["priority"]) == (201, "bulk")
    assert start(key).json()["priority"] == "normal"
    wrong = body | {"priority": "urgent"}
    assert send(key, "POST", RUNS, wrong).status_code == 400
    with tenant_scope(world.harbor.tenant.pk):
        rows = Outbox.objects.filter(topic="run.advance").order_by("id")
        assert list(rows.values_list("priority", flat=True)) == [2, 1]
        outbox.drain()
        assert not Outbox.objects.filter(topic="call.make").exists()


def test_the_run_comes_to_review_and_its_item_is_read(world: World) -> None:
    key = key_of(world.harbor)
    run = start(key).json()["id"]
    with tenant_scope(world.harbor.tenant.pk):
        outbox.drain()
    page = send(key, "GET", f"{ITEMS}?status=waiting&kind=proposal").json()
    assert [item["run"] for item in page["results"]] == [run]
    item = send(key, "GET", f"{ITEMS}/{page['results'][0]['id']}").json()
    assert item["title"] == "Refund $48.20 to Mia Chen and tell them why"
    assert send(key, "GET", f"{RUNS}/{run}").json()["status"] == "waiting"


def test_an_item_cannot_be_decided_over_the_api(world: World) -> None:
    key = key_of(world.harbor)
    start(key)
    with tenant_scope(world.harbor.tenant.pk):
        outbox.drain()
        pk = ReviewItem.objects.get().pk
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        for path in (f"{ITEMS}/{pk}", f"{ITEMS}/{pk}/decide", ITEMS):
            assert send(key, method, path, {"choice": "accept"}).status_code in (404, 405)
    with tenant_scope(world.harbor.tenant.pk):
        assert ReviewItem.objects.get().status == "waiting"


def test_the_same_key_and_body_give_the_same_run(world: World) -> None:
    """W1."""
    key = key_of(world.harbor)
    first, again = start(key, once="order-1"), start(key, once="order-1")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"]
    assert runs_of(world.harbor) == 1


def test_the_same_key_with_another_body_is_refused(world: World) -> None:
    """W1."""
    key = key_of(world.harbor)
    start(key, once="order-1")
    other = start(key, {"workflow": "refund-replies", "input": {"message": "else"}}, once="order-1")
    assert other.status_code == 409
    assert other["Content-Type"] == PROBLEM
    assert other.json()["code"] == "idempotency_key_reused"
    assert runs_of(world.harbor) == 1


def test_idempotency_keys_of_two_clients_do_not_meet(world: World) -> None:
    """W1."""
    one, other = key_of(world.harbor), key_of(world.quill)
    first = start(one, once="order-1")
    second = start(other, {"workflow": "refund-replies", "input": {"message": "x"}}, once="order-1")
    assert (first.status_code, second.status_code) == (201, 201)


@pytest.mark.parametrize("once", ["", "x" * 129, "tab\there", " mail:x", "x ", "\xa0form:x"])
def test_a_bad_idempotency_key_is_refused(world: World, once: str) -> None:
    answer = start(key_of(world.harbor), once=once)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_key")


def test_twenty_requests_with_one_key_start_one_run(committed: None) -> None:
    """W1."""
    client = make_world().harbor
    key = key_of(client)

    def one(_: int) -> tuple[int, str]:
        try:
            answer = start(key, once="at-once")
            return answer.status_code, answer.json().get("id", "")
        finally:
            for alias in connections:
                connections[alias].close()

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(one, range(20)))
    assert sorted(status for status, _ in answers) == [200] * 19 + [201]
    assert len({pk for _, pk in answers}) == 1
    assert runs_of(client) == 1
    with tenant_scope(client.tenant.pk):
        assert Event.objects.filter(verb="run.started").count() == 1


def test_another_content_type_is_refused(world: World) -> None:
    answer = Http().post(
        RUNS,
        {"workflow": "refund-replies"},
        headers={"Authorization": f"Bearer {key_of(world.harbor)}"},
    )
    assert (answer.status_code, answer["Content-Type"]) == (415, PROBLEM)


def test_lists_are_paged_newest_first(world: World) -> None:
    key = key_of(world.harbor)
    with tenant_scope(world.harbor.tenant.pk):
        made = [
            str(
                start_run(
                    world.harbor.workflow,
                    input={"message": f"Number {n}"},
                    trigger="api",
                    actor=world.harbor.actor(),
                )[0].pk
            )
            for n in range(5)
        ]
    seen, path = [], f"{RUNS}?limit=2"
    while path:
        page = send(key, "GET", path).json()
        assert len(page["results"]) <= 2
        seen += [run["id"] for run in page["results"]]
        path = page["next"]
    assert seen == made[::-1]
    assert len(send(key, "GET", f"{RUNS}?limit=100000").json()["results"]) == 5


@pytest.mark.parametrize("query", ["status=nonsense", "trigger=nobody", "workflow=no-such"])
def test_a_filter_that_cannot_match_is_a_400(world: World, query: str) -> None:
    answer = send(key_of(world.harbor), "GET", f"{RUNS}?{query}")
    assert (answer.status_code, answer["Content-Type"]) == (400, PROBLEM)


def test_filters_narrow(world: World) -> None:
    key = key_of(world.harbor)
    start(key)
    for query, count in (
        ("workflow=refund-replies", 1),
        ("status=running", 1),
        ("status=done", 0),
        ("trigger=person", 0),
    ):
        assert len(send(key, "GET", f"{RUNS}?{query}").json()["results"]) == count


def test_reading_a_list_takes_the_same_queries_however_long(world: World) -> None:
    key = key_of(world.harbor)
    counts = []
    for _ in range(2):
        with tenant_scope(world.harbor.tenant.pk):
            for n in range(4):
                start_run(
                    world.harbor.workflow,
                    input={"message": f"Number {n}"},
                    trigger="api",
                    actor=world.harbor.actor(),
                )
        send(key, "GET", RUNS)
        with CaptureQueriesContext(connections["default"]) as queries:
            send(key, "GET", RUNS)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_an_address_that_is_not_there_is_a_problem_too(world: World) -> None:
    for method in ("GET", "POST"):
        answer = send(key_of(world.harbor), method, "/api/v1/nothing/here")
        assert (answer.status_code, answer["Content-Type"]) == (404, PROBLEM)


# -- Schema -----------------------------------------------------------------------------------


@db
def test_the_schema_and_its_page_are_served() -> None:
    schema = Http().get("/api/v1/schema/", headers={"Accept": "application/json"})
    assert schema.status_code == 200
    paths = json.loads(schema.content)["paths"]
    acts = ("pause", "resume", "cancel", "rerun", "events")
    runs = {RUNS, f"{RUNS}/{{id}}", *(f"{RUNS}/{{id}}/{act}" for act in acts)}
    assert set(paths) == runs | {ITEMS, f"{ITEMS}/{{id}}"}
    headers = [p["name"] for p in paths[RUNS]["post"]["parameters"]]
    assert headers == ["Idempotency-Key"]
    page = Http().get("/api/v1/docs/")
    assert page.status_code == 200
    assert b"<script>" not in page.content
    assert Http().options("/api/v1/docs/").status_code == 405


def test_the_schema_has_no_warnings(tmp_path: Any) -> None:
    said = io.StringIO()
    with redirect_stderr(said):
        call_command(
            "spectacular", validate=True, fail_on_warn=True, file=str(tmp_path / "schema.yaml")
        )
    assert "Warning" not in said.getvalue()


@pytest.mark.parametrize("path", ["runs?state=waiting", "review-items?statu=waiting&kind=draft"])
def test_a_filter_that_is_not_known_is_refused(world: World, path: str) -> None:
    key = key_of(world.harbor)
    answer = send(key, "GET", f"/api/v1/{path}")
    assert answer.status_code == 400
    assert "There is no such filter" in answer.content.decode()


def test_the_type_of_a_problem_leads_to_a_page(world: World) -> None:
    key = key_of(world.harbor)
    body = {"workflow": "refund-replies", "input": {}}
    problem = start(key, body).json()
    assert problem["code"] == "unfit_input"
    path = problem["type"].removeprefix(settings.BASE_URL)
    page = Http().get(path)
    assert page.status_code == 200
    assert "Nothing was started" in page.content.decode()
    assert Http().get("/problems/any_other_code/").status_code == 200
    assert Http().get("/problems/%3Cb%3E/").status_code == 404


def test_the_definition_schema_is_printed_without_a_database() -> None:
    env = {k: v for k, v in os.environ.items() if not k.startswith("DATABASE")}
    done = subprocess.run(
        [sys.executable, "manage.py", "definition_schema"],
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["type"] == "object"


def test_an_input_that_is_too_large_is_413_and_not_a_limit_of_the_rate(world: World) -> None:
    key = key_of(world.harbor)
    for size, status in ((60_000, 201), (70_000, 413)):
        made = start(key, {"workflow": "refund-replies", "input": {"message": "x" * size}})
        assert made.status_code == status
    assert (made.json()["code"], made.json()["status"]) == ("input_size", 413)
    assert runs_of(world.harbor) == 1


def statements(ask: Callable[[], Any]) -> list[str]:
    """The first table of each statement that a request sends, once a process has what it keeps."""
    assert ask().status_code < 300
    with CaptureQueriesContext(connections["default"]) as sent:
        assert ask().status_code < 300
    work = [one["sql"] for one in sent if not re.search("SAVEPOINT|set_config", one["sql"])]
    found = [re.search(r'(?:FROM|INTO) "?([a-z]+_\w+)', sql) for sql in work]
    return [table[1] if table else "none" for table in found]


def test_a_start_reads_key_and_workflow_once_and_nothing_else(world: World) -> None:
    key = key_of(world.harbor)
    assert statements(lambda: start(key, once=uuid4().hex)) == [
        "tenants_apikey",
        "workflows_workflow",
        "workflows_run",
    ]


def test_a_start_that_was_made_before_reads_its_run_once_more(world: World) -> None:
    key = key_of(world.harbor)
    assert statements(lambda: start(key, once="order-1")) == [
        "tenants_apikey",
        "workflows_workflow",
        "workflows_run",
        "workflows_run",
    ]


def test_reading_takes_few_statements(world: World) -> None:
    key = key_of(world.harbor)
    for _ in range(3):
        run = start(key).json()["id"]
    with tenant_scope(world.harbor.tenant.pk):
        outbox.drain()
    start(key)  # one more waits for its turn
    item = send(key, "GET", ITEMS).json()["results"][0]["id"]
    waits = ["workflows_call", "tenants_provider"]
    counted = ["audit_outbox", "audit_outbox"]
    for path, expected in (
        (RUNS, ["workflows_run", *waits, *counted]),
        (f"{RUNS}/{run}", ["workflows_run", *waits, "tenants_membership", "workflows_steprun"]),
        (ITEMS, ["approvals_reviewitem", "approvals_proposal"]),
        (f"{ITEMS}/{item}", ["approvals_reviewitem", "approvals_proposal"]),
    ):
        found = statements(lambda path=path: send(key, "GET", path))
        assert found == ["tenants_apikey", *expected], path

"""API v1: starting runs once, reading them, keys and what is refused."""

import io
import json
import os
import subprocess
import sys
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

from approvals.decisions.services import Choice, decide
from approvals.models import ReviewItem
from audit import outbox
from audit.models import Event, Outbox
from tenants.models import ApiKey
from tenants.scope import tenant_scope
from tenants.services.keys import SCOPES, make_key, revoke_key
from tests.portal.review_kit import ask
from tests.world import REQUEST, Client, World, make_world
from workflows.models import Run
from workflows.services.runs import start_run

RUNS, ITEMS = "/api/v1/runs", "/api/v1/review-items"
PROBLEM = "application/problem+json"
db = pytest.mark.django_db


def key_of(client: Client, *scopes: str) -> str:
    """The text of a new key; every scope if none is named."""
    with tenant_scope(client.tenant.pk):
        return make_key(name="shop", scopes=list(scopes or SCOPES), actor=client.actor())[1]


def send(key: str | None, method: str, path: str, body: Any = None, **headers: str) -> Any:
    """One request with a key."""
    if key is not None:
        headers["Authorization"] = f"Bearer {key}"
    data = body if isinstance(body, str) else json.dumps(body) if body is not None else ""
    return Http().generic(method, path, data, "application/json", headers=headers)


def start(key: str, body: Any = None, once: str | None = None) -> Any:
    headers = {"Idempotency-Key": once} if once is not None else {}
    asked = {"workflow": "refund-replies", "input": REQUEST}
    return send(key, "POST", RUNS, asked if body is None else body, **headers)


def runs_of(client: Client) -> int:
    with tenant_scope(client.tenant.pk):
        return Run.objects.count()


@pytest.fixture
def world(db: None) -> World:
    return make_world()


def test_a_run_is_started_and_read(world: World) -> None:
    key = key_of(world.harbor)
    made = start(key)
    assert made.status_code == 201
    body = made.json()
    assert (body["workflow"], body["version"], body["status"]) == ("refund-replies", 1, "running")
    assert body["input"] == REQUEST
    waiting = {"before": 0, "why": "Waits for its turn: it is next."}
    assert send(key, "GET", f"{RUNS}/{body['id']}").json() == body | {"waiting": waiting}


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


def test_a_list_of_runs_says_why_each_waits(world: World) -> None:
    key = key_of(world.harbor)
    start(key)
    start(key)
    second, first = send(key, "GET", RUNS).json()["results"]
    assert first["waiting"] == {"before": 0, "why": "Waits for its turn: it is next."}
    assert second["waiting"] == {"before": 1, "why": "Waits for its turn."}
    with tenant_scope(world.harbor.tenant.pk):
        outbox.drain()
    (waiting, _) = send(key, "GET", RUNS).json()["results"]
    assert waiting["waiting"]["why"].startswith("Waits for a decision, due ")


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


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"workflow": "no-such", "input": {}}, 400),
        ({"workflow": "refund-replies"}, 400),
        ({"workflow": "refund-replies", "input": []}, 400),
        ({"workflow": "refund-replies", "input": {}, "tenant": "quill-books"}, 400),
        ({"workflow": "refund-replies", "input": {}, "status": "done"}, 400),
        ({"workflow": "refund-replies", "input": {"n": 1.5}}, 400),
        ({"workflow": "refund-replies", "input": {"m": "x" * 70_000}}, 413),
        ('{"workflow": "refund-replies", "workflow": "other", "input": {}}', 400),
        ("{not json", 400),
        ('{"workflow": "refund-replies", "input": {"m": "a\\u0000b"}}', 400),
        ('{"workflow": "refund-replies", "input": {"m": "\\ud83d"}}', 400),
        (
            '{"workflow": "refund-replies", "input": {"m": ' + "[" * 50_000 + "]" * 50_000 + "}}",
            400,
        ),
        ('{"workflow": "refund-replies", "input": {"m": ' + "[" * 900 + "]" * 900 + "}}", 400),
        ('{"workflow": "refund-replies", "input": {"n": ' + "9" * 5_000 + "}}", 400),
        ({"workflow": "refund-replies", "input": {}, "asked_by": "x" * 161}, 400),
        ("[]", 400),
        ("", 400),
        ("\ud83d".encode("utf-8", "surrogatepass").decode("latin-1"), 400),
    ],
)
def test_a_body_with_a_mistake_is_a_problem_and_starts_nothing(
    world: World, body: Any, status: int
) -> None:
    """W4."""
    answer = start(key_of(world.harbor), body)
    assert (answer.status_code, answer["Content-Type"]) == (status, PROBLEM)
    problem = answer.json()
    assert problem["status"] == status
    assert {"type", "title", "detail", "code"} <= problem.keys()
    assert runs_of(world.harbor) == 0


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


# -- Keys -------------------------------------------------------------------------------------


def _of_nobody(client: Client) -> str:
    return key_of(client)[:-4] + "AAAA"


def _of_another_tenant(client: Client) -> str:
    """A real secret under another tenant's id."""
    parts = key_of(client).split("_")
    parts[1] = uuid4().hex
    return "_".join(parts)


def _revoked(client: Client) -> str:
    key = key_of(client)
    with tenant_scope(client.tenant.pk):
        revoke_key(ApiKey.objects.get(prefix=key.split("_")[2]).pk, actor=client.actor())
    return key


@pytest.mark.parametrize("bad", [_of_nobody, _of_another_tenant, _revoked, lambda c: "hr_x", None])
def test_without_a_live_key_everything_is_a_401(world: World, bad: Any) -> None:
    """W2."""
    key = bad(world.harbor) if bad else None
    for method, path in (
        ("GET", RUNS),
        ("POST", RUNS),
        ("GET", f"{RUNS}/{uuid4()}"),
        ("GET", ITEMS),
    ):
        answer = send(key, method, path, {} if method == "POST" else None)
        assert (answer.status_code, answer["Content-Type"]) == (401, PROBLEM)
        assert answer["WWW-Authenticate"].startswith("Bearer")


def test_a_key_under_another_clients_id_is_no_key(world: World) -> None:
    """W2."""
    parts = key_of(world.harbor).split("_")
    parts[1] = world.quill.tenant.pk.hex
    assert send("_".join(parts), "GET", RUNS).status_code == 401


def test_a_session_is_no_key(world: World) -> None:
    """A browser that is signed in can't be made to call the API."""
    browser = Http()
    browser.force_login(world.harbor.owner)
    assert browser.get(RUNS).status_code == 401


@pytest.mark.parametrize(
    ("scope", "method", "path"),
    [
        ("runs:read", "POST", RUNS),
        ("runs:write", "GET", RUNS),
        ("runs:read", "GET", ITEMS),
        ("reviews:read", "GET", RUNS),
    ],
)
def test_a_key_without_the_scope_is_a_403(world: World, scope: str, method: str, path: str) -> None:
    """W2."""
    body = {"workflow": "refund-replies", "input": {}} if method == "POST" else None
    answer = send(key_of(world.harbor, scope), method, path, body)
    assert (answer.status_code, answer["Content-Type"]) == (403, PROBLEM)
    assert runs_of(world.harbor) == 0


def test_a_key_in_the_address_is_refused(world: World) -> None:
    """W2."""
    key = key_of(world.harbor)
    for header in (None, key):
        for query in (f"key={key}", f"status=running&status={key}", f"a={key}&a=b"):
            answer = send(header, "GET", f"{RUNS}?{query}")
            assert (answer.status_code, answer["Content-Type"]) == (400, PROBLEM)
            assert answer.json()["code"] == "key_in_url"


def test_a_dump_holds_no_key(world: World) -> None:
    """W2."""
    secret = key_of(world.harbor).split("_")[3]
    with tenant_scope(world.harbor.tenant.pk):
        rows = list(ApiKey.objects.values_list()) + list(Event.objects.values_list())
    assert secret not in str(rows)


def test_a_method_that_is_not_there_is_a_405(world: World) -> None:
    key = key_of(world.harbor)
    for method in ("PUT", "PATCH", "DELETE"):
        answer = send(key, method, f"{RUNS}/{uuid4()}", {})
        assert (answer.status_code, answer["Content-Type"]) == (405, PROBLEM)


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


def test_the_schema_has_no_warnings(tmp_path: Any) -> None:
    said = io.StringIO()
    with redirect_stderr(said):
        call_command(
            "spectacular", validate=True, fail_on_warn=True, file=str(tmp_path / "schema.yaml")
        )
    assert "Warning" not in said.getvalue()


def test_what_people_decided_is_read_with_their_text_arguments_and_sign_offs(world: World) -> None:
    client = world.harbor
    key = key_of(client)
    item = ask(client)
    with tenant_scope(client.tenant.pk):
        owner = client.actor()
        chosen = Choice(
            "correct",
            content_hash=item.content_hash,
            draft="Sorry, Mia: $30.00 it is.",
            args={0: {"amount": {"value": 3000, "currency": "USD"}}},
        )
        decide(item.pk, chosen, actor=owner)
        outbox.drain()
    found = send(key, "GET", f"/api/v1/review-items/{item.pk}").json()
    assert found["text"] == "Sorry, Mia: $30.00 it is."
    assert found["actions"][0]["args"]["amount"]["value"] == 3000
    assert found["actions"][1]["args"]["body"] == "Sorry, Mia: $30.00 it is."
    assert found["decision"]["by"] == client.owner.email
    assert found["decision"]["edits"]["draft"] == "Sorry, Mia: $30.00 it is."
    assert found["sign_offs"] == []
    run = send(key, "GET", f"/api/v1/runs/{item.run_id}").json()
    assert run["outputs"]["reply"]["text"] == "Sorry, Mia: $30.00 it is."
    assert send(key, "GET", "/api/v1/runs").json()["results"][0]["outputs"] is None


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

"""What the API takes and gives: bodies with mistakes, runs, and what people decided."""

from typing import Any

import pytest

from approvals.decisions.services import Choice, decide
from audit import outbox
from tenants.scope import tenant_scope
from tests.portal.api.api_kit import PROBLEM, RUNS, key_of, runs_of, send, start
from tests.portal.review_kit import ask
from tests.world import REQUEST, World


def test_a_run_is_started_and_read(world: World) -> None:
    key = key_of(world.harbor)
    made = start(key)
    assert made.status_code == 201
    body = made.json()
    assert (body["workflow"], body["version"], body["status"]) == ("refund-replies", 1, "running")
    assert body["input"] == REQUEST
    waiting = {"before": 0, "why": "Waits for its turn: it is next."}
    assert send(key, "GET", f"{RUNS}/{body['id']}").json() == body | {"waiting": waiting}


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

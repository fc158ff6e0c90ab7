"""Events over the API: what a client's system sends wakes the run that waits for it."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections

from audit import outbox
from audit.models import Event
from audit.worker import wakeups
from tenants.scope import tenant_scope
from tests.portal.api.api_kit import PROBLEM, RUNS, key_of, send
from tests.workflows.definition_kit import definition
from tests.world import REQUEST, Client, World, make_world
from workflows.models import Arrival, Run
from workflows.services.definitions import make_workflow
from workflows.services.runs import start_run

STEPS = '\n  - {name: paid, wait: {event: payment.received, if: "event.cents > 0"}}'
PAID = {"name": "payment.received", "data": {"cents": 4820}}


def waiting(world: World, client: Client) -> str:
    """The address of a run that waits for a payment."""
    with tenant_scope(client.tenant.pk), wakeups.without_wakeups():
        text = definition(STEPS)
        workflow = make_workflow(text=text, owner=client.owner, actor=world.staff(client))
        run, _ = start_run(workflow, input=REQUEST, trigger="api", actor=client.actor())
    outbox.drain()
    return f"{RUNS}/{run.pk}/events"


def tell(key: str | None, path: str, body: Any = PAID, once: str | None = None) -> Any:
    return send(key, "POST", path, body, **({"Idempotency-Key": once} if once else {}))


def test_an_event_is_taken_and_the_run_goes_on(world: World) -> None:
    path, key = waiting(world, world.harbor), key_of(world.harbor, "events:write")
    answer = tell(key, path)
    assert answer.status_code == 201
    body = answer.json()
    assert (body["name"], body["data"], body["taken"]) == ("payment.received", PAID["data"], True)
    outbox.drain()
    with tenant_scope(world.harbor.tenant.pk):
        assert Run.objects.get(pk=body["run"]).status == "done"
        event = Event.objects.get(verb="run.told")
        assert (event.actor_kind, event.after and event.after["event"]) == ("key", PAID["name"])


def test_the_same_key_gives_the_same_answer_and_another_body_is_refused(world: World) -> None:
    """W1."""
    path, key = waiting(world, world.harbor), key_of(world.harbor)
    first = tell(key, path, once="k")
    again = tell(key, path, once="k")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    other = tell(key, path, {**PAID, "data": {"cents": 1}}, once="k")
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")
    assert tell(key, path, once="x" * 200).json()["code"] == "bad_key"


def test_what_no_step_waits_for_is_a_clear_409(world: World) -> None:
    path, key = waiting(world, world.harbor), key_of(world.harbor)
    for body in ({"name": "other"}, {**PAID, "data": {"cents": 0}}):
        answer = tell(key, path, body)
        assert (answer.status_code, answer.json()["code"]) == (409, "not_awaited")
        assert answer["Content-Type"] == PROBLEM
    tell(key, path)
    outbox.drain()
    late = tell(key, path)
    assert (late.status_code, late.json()["code"]) == (409, "run_over")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": "Not a name!"},
        {"name": "payment.received", "data": [1]},
        {"name": "payment.received", "data": {"cents": 1.5}},
        {**PAID, "tenant": "other"},
        {**PAID, "taken_by": "me"},
    ],
)
def test_a_wrong_body_is_refused(world: World, body: Any) -> None:
    path, key = waiting(world, world.harbor), key_of(world.harbor)
    assert tell(key, path, body).status_code == 400
    with tenant_scope(world.harbor.tenant.pk):
        assert not Arrival.objects.exists()


def test_a_key_needs_the_right_to_send_events(world: World) -> None:
    """W2."""
    path = waiting(world, world.harbor)
    for key in (key_of(world.harbor, "runs:write", "runs:read"), None):
        assert tell(key, path).status_code in (401, 403)
    events_only = key_of(world.harbor, "events:write")
    assert send(events_only, "GET", RUNS).status_code == 403
    assert send(events_only, "GET", path).status_code == 405


def test_another_tenants_run_is_a_missing_one(world: World) -> None:
    """T1."""
    path, key = waiting(world, world.harbor), key_of(world.quill)
    answer = tell(key, path)
    assert answer.status_code == 404
    missing = tell(key, f"{RUNS}/00000000-0000-7000-8000-000000000000/events")
    assert missing.json() == answer.json()


@pytest.mark.usefixtures("committed")
def test_the_same_event_from_twenty_senders_at_once_is_taken_once() -> None:
    """W1, W3."""
    world = make_world()
    path, key = waiting(world, world.harbor), key_of(world.harbor)

    def once(_: int) -> int:
        try:
            with wakeups.without_wakeups():
                return int(tell(key, path, once="k").status_code)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(20) as pool:
        answers = sorted(pool.map(once, range(20)))
    assert answers == [200] * 19 + [201]
    with tenant_scope(world.harbor.tenant.pk):
        assert Arrival.objects.count() == 1
        assert Event.objects.filter(verb="run.told").count() == 1

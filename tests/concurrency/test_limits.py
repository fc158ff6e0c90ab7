"""Limits on what is in flight: never one more, whoever begins it, and nobody is forgotten."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from approvals.decisions.services import Choice, decide
from approvals.models import Permit, ReviewItem
from audit import outbox
from audit.jobs import Limit, Priority
from audit.models import Outbox
from audit.worker import concurrency, handlers, watchdog
from audit.worker import loop as turns
from tenants import access, clock
from tenants.ids import uuid7
from tenants.models import Tenant, User
from tenants.scope import tenant_scope
from tests.concurrency.test_outbox import in_threads
from tests.fakes.model import ModelServer
from tests.fakes.sink import HttpSink
from tests.processes import processes, wait_until
from tests.workflows.definition_kit import definition
from tests.world import REQUEST, Client, World, make_world
from workflows.engine.calls import limits
from workflows.models import Call, Run, Workflow
from workflows.services.definitions import make_workflow, publish
from workflows.services.runs import start_run

pytestmark = pytest.mark.usefixtures("committed")

TOPIC = "test.limited"
ONE_CALL = """
  - name: write
    generate: {prompt: Write., schema: {type: object, properties: {text: {type: string}}}}
"""
ANSWER = {"text": "Written."}


@pytest.fixture
def world(committed: None) -> World:
    return make_world()


@pytest.fixture
def topic() -> Iterator[None]:
    outbox.register(TOPIC, outbox.FunctionHandler(lambda debt: None))
    yield
    del handlers.handlers[TOPIC]


class Watched:
    """A model's answers; keeps how many were asked for at once, and by whom in which order."""

    def __init__(self, seconds: float = 0.03) -> None:
        self.seconds, self.now, self.most = seconds, 0, 0
        self.order: list[str] = []
        self._lock = threading.Lock()

    def __call__(self, request: dict[str, Any]) -> dict[str, Any]:
        with self._lock:
            self.now += 1
            self.most = max(self.most, self.now)
            self.order.append(request["messages"][-1]["content"])
        time.sleep(self.seconds)
        with self._lock:
            self.now -= 1
        return ANSWER


def writer(world: World, client: Client, **head: str) -> Workflow:
    """A workflow that asks a model once."""
    text = definition(ONE_CALL, model="openai/scripted", **head)
    with tenant_scope(client.tenant.pk):
        return make_workflow(text=text, owner=client.owner, actor=world.staff(client))


def start(client: Client, workflow: Workflow, count: int, **more: Any) -> None:
    with tenant_scope(client.tenant.pk):
        for _ in range(count):
            start_run(workflow, input=REQUEST, trigger="api", actor=client.actor(), **more)


def ended(client: Client) -> int:
    with tenant_scope(client.tenant.pk):
        return Call.objects.filter(status="done").count()


def work_until(true: Any, *, threads: int, seconds: float = 11) -> float:
    """Let workers take what is ready. ``seconds`` is less than a lost call would cost.

    Few threads: the pool has ten connections, and what settles and renews needs some too.
    """
    began = time.monotonic()

    def work(_: int) -> None:
        while time.monotonic() - began < seconds and not done.is_set():
            if not outbox.work_batch():
                time.sleep(0.005)

    done = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        crew = pool.submit(in_threads, threads, work)
        try:
            while not true() and time.monotonic() - began < seconds:
                outbox.sweep_due()  # what a busy machine failed at is tried again
                time.sleep(0.05)
        finally:
            done.set()
            crew.result()
    left = Outbox.objects.exclude(topic="run.stalled").values_list(
        "topic", "ready", "waits_for", "called_at", "due_at", "hint_at", "failures"
    )
    assert true(), f"it took too long, somebody was not called: {list(left)}"
    return time.monotonic() - began


# -- The whole of it ------------------------------------------------------------------------


def test_a_provider_of_models_never_has_one_call_too_many(world: World, settings: Any) -> None:
    settings.MODEL_LIMITS = {"openai": 3}
    harbor, quill, asked = world.harbor, world.quill, Watched()
    with ModelServer(asked) as model, model.in_environment():
        for client in (harbor, quill):
            start(client, writer(world, client), 30)
        work_until(lambda: ended(harbor) + ended(quill) == 60, threads=4)
    assert asked.most == 3
    assert not Outbox.objects.filter(waits_for__isnull=False).exists()


def test_a_limit_holds_over_worker_processes(world: World, tmp_path: Path) -> None:
    harbor, quill, asked = world.harbor, world.quill, Watched(0.1)
    with ModelServer(asked) as model:
        for client in (harbor, quill):
            start(client, writer(world, client), 25)
        allowed = {"HANDRAIL_MODEL_LIMITS": "openai=4", **model.environment}
        with processes(tmp_path, **allowed) as run:
            for _ in range(2):
                run.worker(threads=4)
            wait_until(lambda: ended(harbor) + ended(quill) == 50, seconds=60, what="all ended")
    assert asked.most == 4


def test_a_workflow_has_as_many_calls_in_flight_as_its_definition_says(world: World) -> None:
    harbor, asked = world.harbor, Watched()
    with ModelServer(asked) as model, model.in_environment():
        workflow = writer(world, harbor, at_once="2")
        assert workflow.at_once == 2
        start(harbor, workflow, 24)
        work_until(lambda: ended(harbor) == 24, threads=4)
    assert asked.most == 2


def test_both_limits_hold_together(world: World, settings: Any) -> None:
    settings.MODEL_LIMITS = {"openai": 4}
    harbor, quill, asked = world.harbor, world.quill, Watched(0.2)
    with ModelServer(asked) as model, model.in_environment():
        start(harbor, writer(world, harbor, at_once="2"), 20)
        start(quill, writer(world, quill), 20)
        work_until(lambda: ended(harbor) + ended(quill) == 40, threads=4)
    assert asked.most == 4


def test_actions_of_a_workflow_wait_for_room_too() -> None:
    """The permit is redeemed only once there is room."""
    acting = Watched()

    def act(request: dict[str, Any]) -> int:
        acting({"messages": [{"content": request["key"]}]})
        return 200

    with HttpSink(status=act) as shop:
        client = make_world(shop=shop.host).harbor
        with tenant_scope(client.tenant.pk):
            assert client.workflow.live is not None
            text = client.workflow.live.definition
            text = text[: text.index("  - name: send")].replace("title:", "at_once: 1\ntitle:", 1)
            admin = access.actor_in(User.objects.get(staff_role="admin"), client.tenant)
            assert admin is not None
            publish(client.workflow, text=text, actor=admin)
        start(client, client.workflow, 6)
        outbox.drain()
        with tenant_scope(client.tenant.pk):
            for item in ReviewItem.objects.filter(status="waiting"):
                decide(item.pk, Choice("accept", item.content_hash), actor=client.actor())

        def all_done() -> bool:
            with tenant_scope(client.tenant.pk):
                return Run.objects.filter(status="done").count() == 6

        work_until(all_done, threads=4)
        with tenant_scope(client.tenant.pk):
            assert set(Permit.objects.values_list("status", flat=True)) == {"redeemed"}
        assert sorted(shop.by_key.values()) == [1] * 6
    assert acting.most == 1


def test_where_no_limit_is_set_nothing_more_is_asked(world: World, settings: Any) -> None:
    client = world.harbor
    with ModelServer([ANSWER]) as model, model.in_environment():
        workflow = writer(world, client)
        start(client, workflow, 1)
        outbox.drain()  # what is read once a process is read now
        counts = []
        for found in ({}, {}, {"openai": 5}):
            settings.MODEL_LIMITS = found
            start(client, workflow, 1)
            with CaptureQueriesContext(connection) as asked:
                outbox.drain()
            counts.append(len(asked))
            if not found:
                said = " ".join(query["sql"] for query in asked.captured_queries)
                assert "advisory" not in said
    assert counts[0] == counts[1] < counts[2]


# -- One place after the other --------------------------------------------------------------


def begin(tenant: Tenant, *counted: Limit) -> outbox.Claim | None:
    """Begin a call under limits; one that finds no room waits."""
    with tenant_scope(tenant.pk):
        if refusal := limits.refusal_of(counted):
            limits.enqueue_waiting(TOPIC, uuid7(), refusal, priority=Priority.NORMAL)
            return None
        return outbox.enqueue_claimed(TOPIC, uuid7(), limits=counted)


def land(debt: outbox.Claim) -> None:
    assert turns.write_outcome(Landed(debt), None) is None


class Landed:
    def __init__(self, debt: outbox.Claim) -> None:
        self.claim = debt

    def perform(self) -> object:
        raise AssertionError("it came back already")

    def store_result(self, outcome: object) -> None:
        return None


def called() -> list[Outbox]:
    """Rows that were told that there is room, oldest first."""
    return list(Outbox.objects.filter(ready=True, called_at__isnull=False).order_by("called_at"))


@pytest.mark.usefixtures("topic")
def test_of_forty_that_begin_at_once_as_many_get_room_as_there_is(world: World) -> None:
    limit = Limit("via:openai", 7)
    tenants = [world.harbor.tenant, world.quill.tenant]
    began = in_threads(40, lambda n: begin(tenants[n % 2], limit))
    assert sum(debt is not None for debt in began) == 7
    assert Outbox.objects.filter(waits_for=limit.key).count() == 33


@pytest.mark.usefixtures("topic")
def test_two_limits_asked_for_crosswise_do_not_wait_for_each_other(world: World) -> None:
    """Each transaction asks for both, one after the other, in either order."""
    one, two = Limit("via:one", 1), Limit("via:two", 1)
    together = threading.Barrier(2)

    def ask(number: int) -> list[str]:
        with tenant_scope(world.harbor.tenant.pk):
            first, second = (one, two) if number else (two, one)
            assert limits.refusal_of((first,)) is None
            together.wait(10)
            refusal = limits.refusal_of((second,))
            together.wait(10)
            assert refusal is not None
            return [refusal.limit_key]

    assert in_threads(2, ask) == [[""], [""]]


@pytest.mark.usefixtures("topic")
def test_who_comes_back_calls_the_oldest_and_who_comes_anew_goes_behind(world: World) -> None:
    limit, tenant = Limit("via:openai", 1), world.harbor.tenant
    flying = begin(tenant, limit)
    assert flying is not None
    waiting = []
    for _ in range(3):
        assert begin(tenant, limit) is None
        waiting.append(Outbox.objects.filter(waits_for=limit.key).latest("due_at").pk)
    assert called() == []
    land(flying)
    assert [row.pk for row in called()] == waiting[:1]
    # The place is kept for the one that was called.
    assert begin(tenant, limit) is None
    assert outbox.claim(waiting[0]) is not None


@pytest.mark.usefixtures("topic")
def test_a_place_nobody_came_for_goes_to_the_next(world: World) -> None:
    limit, tenant = Limit("via:openai", 1), world.harbor.tenant
    with clock.at(clock.now()):
        flying = begin(tenant, limit)
        assert flying is not None
        for _ in range(2):
            clock.pass_time(timedelta(milliseconds=1))
            begin(tenant, limit)
        land(flying)
        clock.pass_time(concurrency.RESERVED_FOR + timedelta(seconds=1))
        # The third sees the free place, and that others were there before it.
        assert begin(tenant, limit) is None
        assert len(called()) == 2


@pytest.mark.usefixtures("topic")
def test_a_call_whose_worker_died_counts_no_longer(world: World) -> None:
    limit, tenant = Limit("via:openai", 1), world.harbor.tenant
    with clock.at(clock.now()):
        assert begin(tenant, limit) is not None
        assert begin(tenant, limit) is None
        waiting = Outbox.objects.get(waits_for=limit.key)
        clock.pass_time(timedelta(seconds=60))
        # Nobody was there to call it: it looks by itself.
        assert waiting.pk in outbox.sweep_due().ids
        assert outbox.claim(waiting.pk) is not None


@pytest.mark.usefixtures("topic")
def test_a_client_with_a_thousand_waiting_keeps_nobody_else_waiting(world: World) -> None:
    """Clients go in turn, whatever they piled up."""
    limit = Limit("via:openai", 1)
    flying = begin(world.sable.tenant, limit)
    for tenant, count in ((world.harbor.tenant, 60), (world.quill.tenant, 3)):
        for _ in range(count):
            begin(tenant, limit)
    turns: list[UUID] = []
    while flying is not None and len(turns) < 8:
        land(flying)
        (row,) = called()
        turns.append(row.tenant_id)
        flying = outbox.claim(row.pk)
        assert flying is not None
        flying = outbox.Claim(flying.id, *_rest(flying), limits=(limit,))
        places_take(flying)
    assert Counter(turns[:6]) == {world.harbor.tenant.pk: 3, world.quill.tenant.pk: 3}


def _rest(debt: outbox.Claim) -> tuple[Any, ...]:
    return debt.tenant_id, debt.topic, debt.object_id, debt.fence


def places_take(debt: outbox.Claim) -> None:
    with tenant_scope(debt.tenant_id):
        concurrency.occupy_capacity(debt)


@pytest.mark.usefixtures("topic")
def test_waiting_for_room_is_not_work_that_nobody_does(world: World) -> None:
    limit, tenant = Limit("via:openai", 1), world.harbor.tenant
    with clock.at(clock.now()):
        begin(tenant, limit)
        begin(tenant, limit)
        clock.pass_time(timedelta(seconds=1))
        Outbox.objects.filter(waits_for=None).update(lease_until=clock.now() + timedelta(hours=1))
        clock.pass_time(watchdog.LATE + timedelta(seconds=5))
        assert watchdog.measure_delay().count == 0

"""A model's server is out for a minute: few calls reach it, and nobody waits for it in vain."""

import time
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from tenants import clock
from tests.fakes.model import Answer, ModelServer, Reply, offline
from tests.lanes import Lane
from tests.workflows.definition_kit import with_model
from tests.workflows.engine.calls.routes_kit import ONLY_DRAFT
from tests.workflows.engine.fallback_kit import written
from tests.workflows.routing.routing_kit import let_hold
from workflows.engine.state import breakers
from workflows.engine.state.breaker import REST
from workflows.engine.state.context import lock_context
from workflows.models import Call, Circuit, Run, StepRun

DEAD, ALIVE = "openai/dead", "openai/alive"
OUTAGE, APART = 60, 4  # seconds
FAILURES = [Reply(503, "overloaded"), None]  # None drops the connection


def table(*names: str) -> dict[str, Any]:
    """A table whose one row asks these in their order."""
    deployments = [{"name": one, "title": one, "sees": "personal"} for one in names]
    return {"deployments": deployments, "rows": [{"use": list(names)}]}


def dies(model: ModelServer, answer: Answer) -> None:
    """From now on the dead deployment answers this, and every other one as usual."""
    model.answers = lambda asked: answer if asked["model"] == "dead" else offline(asked)


def reached(model: ModelServer, name: str = "dead") -> int:
    """How many requests reached a deployment."""
    return sum(asked["model"] == name for asked in model.requests)


def begin_runs(lane: Lane, *, until: int = OUTAGE) -> list[float]:
    """Start a run each few seconds, and return how many real seconds each took."""
    took = []
    for n in range(0, until, APART):
        began = time.monotonic()
        lane.start(n=n)
        took.append(time.monotonic() - began)
        for _ in range(APART):
            lane.pass_time(seconds=1)
    return took


def waits() -> list[timedelta]:
    """How long each run waited for its draft, by the moved clock."""
    rows = StepRun.objects.filter(name="reply", replaced_at=None, status="done")
    return [row.ended_at - Run.objects.get(pk=row.run_id).started_at for row in rows]


@pytest.mark.parametrize("answer", FAILURES, ids=["503", "dropped"])
def test_another_deployment_writes_in_an_outage_and_nobody_waits(
    lane: Lane, model: ModelServer, answer: Answer
) -> None:
    let_hold(table(DEAD, ALIVE), lane.world.admin)
    lane.use(ONLY_DRAFT)
    usual = begin_runs(lane, until=20)
    Run.objects.all().update(status="done")
    asked = reached(model)
    assert asked == 5
    dies(model, answer)
    took = begin_runs(lane)
    assert reached(model) - asked <= 4
    assert len(waits()) == 20
    assert max(waits()) == timedelta(0)  # every draft is there at once
    assert sorted(took)[-2] - sorted(usual)[len(usual) // 2] < 0.3
    drafts = Call.objects.filter(kind="model", status="done", name=ALIVE)
    assert drafts.count() == OUTAGE // APART
    assert lane.verbs().count("circuit.opened") == 1
    # It is asked again by itself once the outage is over.
    model.answers = offline
    lane.pass_time(minutes=3)
    lane.start(n=99)
    assert not Circuit.objects.exists()


@pytest.mark.parametrize("answer", FAILURES, ids=["503", "dropped"])
@pytest.mark.parametrize("routed", [True, False])
def test_the_only_deployment_is_left_alone_and_everything_is_finished_after_the_outage(
    lane: Lane, model: ModelServer, answer: Answer, *, routed: bool
) -> None:
    if routed:
        let_hold(table(DEAD), lane.world.admin)
    lane.use(ONLY_DRAFT if routed else with_model(DEAD))
    dies(model, answer)
    begin_runs(lane)
    assert reached(model) <= 4
    assert not waits()
    model.answers = offline
    for _ in range(50):
        lane.pass_time(seconds=1)
    assert len(waits()) == OUTAGE // APART
    assert not Circuit.objects.exists()
    assert set(Run.objects.values_list("status", flat=True)) == {"waiting"}


def test_while_another_call_is_the_probe_the_next_of_the_row_is_asked(
    lane: Lane, model: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two workers see the circuit half open at once, and one of them alone may probe."""
    let_hold(table(DEAD, ALIVE), lane.world.admin)
    lane.use(ONLY_DRAFT)
    begun = clock.now() - REST
    Circuit.objects.create(
        kind="model", name=DEAD, failures=2, opens=1, failed_at=begun, opened_at=begun
    )
    monkeypatch.setattr(breakers, "_take_probe", lambda *_: False)
    lane.start()
    assert (reached(model), reached(model, "alive")) == (0, 1)
    assert lane.steps()["reply"] == "done"


def test_where_all_of_a_row_rest_the_one_that_is_free_first_is_asked(
    lane: Lane, model: ModelServer
) -> None:
    let_hold(table(DEAD, ALIVE), lane.world.admin)
    lane.use(ONLY_DRAFT)
    now = clock.now()
    for name, seconds in ((DEAD, 300), (ALIVE, 20)):
        Circuit.objects.create(
            kind="model", name=name, failed_at=now, rest_until=now + timedelta(seconds=seconds)
        )
    lane.start()
    assert model.requests == []
    lane.pass_time(seconds=20)
    assert (reached(model), reached(model, "alive")) == (0, 1)
    assert lane.steps()["reply"] == "done"


def test_a_call_that_was_going_to_wait_asks_another_deployment_where_there_is_one(
    lane: Lane, model: ModelServer
) -> None:
    """The second deployment is added while calls wait for the first."""
    let_hold(table(DEAD), lane.world.admin)
    lane.use(ONLY_DRAFT)
    dies(model, Reply(503))
    lane.start(n=1)
    lane.pass_time(seconds=2)  # its second try
    assert Circuit.objects.get().opened_at
    lane.start(n=2)
    let_hold(table(DEAD, ALIVE), lane.world.admin)
    lane.pass_time(seconds=10)
    assert reached(model) == 2
    assert lane.verbs().count("step.fell_back") == 1
    note = StepRun.objects.get(name="reply", status="done").note
    assert note.startswith(f"Next, the model {ALIVE}. {DEAD} failed 2 times in a row")
    lane.pass_time(seconds=30)
    assert len(waits()) == 2


def test_the_last_try_of_a_call_leaves_the_probe_to_others(lane: Lane, model: ModelServer) -> None:
    lane.use(written("    retry: {attempts: 2, wait: 1s, jitter: 0}\n", model=DEAD))
    dies(model, Reply(503))
    lane.start(n=1)
    Circuit.objects.update(failures=2, opens=1, opened_at=clock.now())
    lane.start(n=2)
    lane.pass_time(seconds=1)
    clock.pass_time(REST)
    model.answers = offline
    lane.pass_time()
    first, second = Run.objects.order_by("id")
    assert StepRun.objects.get(run=first, name="reply").status == "running"
    assert StepRun.objects.get(run=second, name="reply").status == "done"


def test_alone_the_last_try_of_a_call_is_the_probe_a_little_later(
    lane: Lane, model: ModelServer
) -> None:
    lane.use(written("    retry: {attempts: 2, wait: 1s, jitter: 0}\n", model=DEAD))
    dies(model, Reply(503))
    lane.start()
    Circuit.objects.update(failures=2, opens=1, opened_at=clock.now())
    model.answers = offline
    lane.pass_time(seconds=30)
    assert lane.steps()["reply"] == "running"
    lane.pass_time(seconds=10)
    assert lane.steps()["reply"] == "done"


# -- Retry-After -----------------------------------------------------------------------------


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("is_date", [True, False])
def test_who_says_retry_after_is_left_alone_by_everybody_until_then(
    lane: Lane, model: ModelServer, status: int, *, is_date: bool
) -> None:
    """Far longer than the longest pause of the step's policy."""
    until = clock.now() + timedelta(seconds=300)
    said = format_datetime(until, usegmt=True) if is_date else "300"
    lane.use(with_model(DEAD))
    dies(model, Reply(status, headers={"Retry-After": said}))
    lane.start(n=1)
    model.answers = offline
    for n in range(2, 5):
        lane.start(n=n)
        lane.pass_time(seconds=60)
    assert reached(model) == 1
    assert not Circuit.objects.filter(opened_at__isnull=False).exists()
    lane.pass_time(seconds=119)
    assert reached(model) == 1
    lane.pass_time(seconds=1)
    assert reached(model) == 5
    assert len(waits()) == 4
    assert not Circuit.objects.exists()


def test_while_one_deployment_pauses_the_next_of_its_row_is_asked(
    lane: Lane, model: ModelServer
) -> None:
    let_hold(table(DEAD, ALIVE), lane.world.admin)
    lane.use(ONLY_DRAFT)
    dies(model, Reply(429, headers={"Retry-After": "120"}))
    for n in range(3):
        lane.start(n=n)
    assert (reached(model), reached(model, "alive")) == (1, 3)
    assert max(waits()) == timedelta(0)
    last = Call.objects.filter(kind="model").order_by("id").last()
    assert last is not None
    assert last.choice["passed_over"] == [[DEAD, "it failed lately"]]
    model.answers = offline
    lane.pass_time(seconds=120)
    lane.start(n=9)
    assert reached(model) == 2


def test_an_answer_to_a_call_from_before_ends_no_pause(lane: Lane, model: ModelServer) -> None:
    lane.use(with_model(DEAD))
    lane.start(n=1)
    assert not Circuit.objects.exists()
    now = clock.now()
    lane.start(n=2)
    Circuit.objects.create(
        kind="model", name=DEAD, failed_at=now, rest_until=now + timedelta(seconds=50)
    )
    context = lock_context(lane.run().pk)
    assert context is not None
    breakers.record_result(context.circuits, "model", DEAD, problem="", how="")
    assert Circuit.objects.exists()
    clock.pass_time(timedelta(seconds=50))
    breakers.record_result(context.circuits, "model", DEAD, problem="", how="")
    assert not Circuit.objects.exists()


def test_a_tool_that_says_retry_after_holds_its_own_call_alone(lane: Lane) -> None:
    lane.shop.status = 503
    lane.start()
    lane.decide()
    assert Circuit.objects.get().rest_until is None

"""Calls to a model or tool that keeps failing wait, and one of them tries."""

from datetime import timedelta
from unittest import mock

from cryptography.fernet import Fernet
from django.test import override_settings

from approvals.decisions import permits
from audit.models import Event, Outbox
from audit.worker.concurrency import Refusal
from tenants import clock
from tenants.scope import tenant_scope
from tenants.services.keys import set_secret
from tests.fakes.model import MODEL, ModelServer, Reply, offline
from tests.lanes import Lane
from tests.workflows.budgets.budgets_kit import set_one
from tests.workflows.engine.fallback_kit import OTHER, written
from workflows.engine.calls import limits
from workflows.engine.calls.limits import workflow_key
from workflows.engine.state.breaker import MODEL_LIMITS, REST, TOOL_LIMITS
from workflows.models import Circuit


def break_model(lane: Lane, model: ModelServer, head: str = "") -> None:
    """Let the model fail until calls to it are held."""
    model.answers = [Reply(503)]
    lane.use(written(head or "    retry: {attempts: 1}\n"))
    for n in range(MODEL_LIMITS.failures):
        lane.start(n=n)


def test_calls_to_a_model_that_keeps_failing_wait_and_one_tries(
    lane: Lane, model: ModelServer
) -> None:
    break_model(lane, model)
    assert Circuit.objects.get().failures == MODEL_LIMITS.failures
    assert lane.verbs().count("circuit.opened") == 1
    lane.start(n=8)
    lane.start(n=9)
    assert len(model.requests) == MODEL_LIMITS.failures  # neither was made
    assert lane.steps()["reply"] == "running"
    clock.pass_time(REST)
    lane.pass_time()
    assert len(model.requests) == MODEL_LIMITS.failures + 1  # one tries, the other waits
    model.answers = offline
    lane.pass_time(minutes=20)
    lane.pass_time(minutes=20)
    assert not Circuit.objects.exists()
    assert lane.verbs().count("circuit.closed") == 1
    assert lane.steps()["reply"] == "done"


def test_a_step_with_a_fallback_does_not_wait_for_an_open_circuit(
    lane: Lane, model: ModelServer
) -> None:
    break_model(lane, model, f"    retry: {{attempts: 1}}\n    on_failure: {{model: {OTHER}}}\n")
    asked = len(model.requests)
    model.answers = lambda request: offline(request) if request["model"] == "other" else Reply(503)
    Circuit.objects.filter(name=OTHER).delete()
    lane.start(n=9)
    assert [r["model"] for r in model.requests[asked:]] == ["other"]
    assert lane.steps()["reply"] == "done"


def test_an_approved_action_waits_for_its_tool_and_keeps_its_permit(lane: Lane) -> None:
    now = clock.now()
    Circuit.objects.create(
        kind="tool", name="shop.refund", failures=9, failed_at=now, opens=1, opened_at=now
    )
    lane.start()
    lane.decide()
    assert lane.shop.requests == []
    assert lane.permits() == ["open", "open"]
    assert Outbox.objects.filter(topic="effect.perform").count() == 1
    lane.pass_time(seconds=30)
    assert len(lane.shop.requests) == 1
    assert lane.run().status == "done"
    assert not Circuit.objects.exists()


def test_the_approval_of_a_waiting_action_can_still_run_out(lane: Lane) -> None:
    """Case L3: checked at the effect, not only when it was approved."""
    now = clock.now()
    Circuit.objects.create(
        kind="tool",
        name="shop.refund",
        failures=9,
        failed_at=now,
        opens=1,
        opened_at=now,
        probe_at=now + timedelta(hours=25),
    )
    lane.start()
    lane.decide()
    lane.pass_time(hours=24)
    Circuit.objects.update(probe_at=None)
    lane.pass_time(minutes=1)
    assert lane.shop.requests == []
    assert Circuit.objects.get().probe_at is None  # others may try it
    assert "ran out" in lane.exception().draft["problem"]


def test_an_open_circuit_of_one_client_holds_nobody_else(lane: Lane) -> None:

    now = clock.now()
    with tenant_scope(lane.world.quill.tenant.pk):
        Circuit.objects.create(
            kind="tool", name="shop.refund", failures=9, failed_at=now, opens=1, opened_at=now
        )
    lane.start()
    lane.decide()
    assert lane.run().status == "done"


def test_a_refusal_is_an_answer_and_opens_nothing(lane: Lane) -> None:
    lane.shop.status = 422
    for n in range(TOOL_LIMITS.failures + 1):
        lane.start(n=n)
        lane.decide()
        lane.resolve("close")
    assert not Circuit.objects.exists()
    assert not Event.objects.filter(verb="circuit.opened").exists()


def half_open(name: str = MODEL, kind: str = "model") -> None:
    """A circuit whose next call is its probe."""
    begun = clock.now() - REST
    Circuit.objects.create(
        kind=kind, name=name, failures=9, opens=1, failed_at=begun, opened_at=begun
    )


def test_a_call_that_its_budget_refuses_leaves_the_probe_to_others(
    lane: Lane, model: ModelServer
) -> None:
    lane.use(written(""))
    set_one(unit="calls", most=0, then="queue")
    half_open()
    lane.start()
    assert model.requests == []
    assert Circuit.objects.get().probe_at is None


def test_a_call_that_waits_for_a_limit_leaves_the_probe_to_others(
    lane: Lane, model: ModelServer
) -> None:
    workflow = lane.use(written(""))
    full = Refusal(workflow_key(workflow.pk))
    half_open()
    with mock.patch.object(limits, "refusal_of", return_value=full):
        lane.start()
    assert model.requests == []
    assert Circuit.objects.get().probe_at is None


def test_a_call_without_its_key_leaves_the_probe_to_others(lane: Lane, model: ModelServer) -> None:
    lane.use(written(""))
    set_secret(name="openai-api-key", value="sk-1", actor=lane.world.staff(lane.client))
    half_open()
    with override_settings(SECRET_BOX_KEYS=[Fernet.generate_key()]):
        lane.start()
    assert model.requests == []
    assert Circuit.objects.get().probe_at is None


def test_an_action_that_the_gate_refuses_leaves_the_probe_to_others(lane: Lane) -> None:
    """Its first try redeemed the permit and failed; a rule stops the second."""
    lane.start()
    lane.shop.status = 429
    lane.decide()
    assert len(lane.shop.requests) == 1
    Circuit.objects.all().delete()
    half_open("shop.refund", "tool")
    with mock.patch.object(permits, "permit_objection", return_value="It may not."):
        lane.pass_time(minutes=1)
    assert len(lane.shop.requests) == 1
    assert lane.statuses()["refund"] in ("failed", "in_doubt")
    assert Circuit.objects.get().probe_at is None


def test_an_action_that_waits_for_a_limit_leaves_the_probe_to_others(lane: Lane) -> None:
    lane.start()
    half_open("shop.refund", "tool")
    full = Refusal(workflow_key(lane.workflow.pk))
    with mock.patch.object(limits, "refusal_of", return_value=full):
        lane.decide()
    assert lane.shop.requests == []
    assert Circuit.objects.get().probe_at is None


WITH_OTHER = f"    on_failure: {{model: {OTHER}}}\n"


def other_answers(model: ModelServer, reply: Reply) -> None:
    """The first model answers this, the fallback's as usual."""
    model.answers = lambda asked: offline(asked) if asked["model"] == "other" else reply


def test_a_step_with_a_fallback_does_not_wait_as_long_as_it_was_asked_to(
    lane: Lane, model: ModelServer
) -> None:
    """Its definition waits a minute at most; its model asks for an hour."""
    other_answers(model, Reply(429, "slow", headers={"Retry-After": "3600"}))
    lane.use(written(WITH_OTHER))
    lane.start()
    assert [asked["model"] for asked in model.requests] == ["scripted", "other"]
    assert lane.steps()["reply"] == "done"


def test_a_step_with_a_fallback_waits_a_little_where_it_was_asked_to(
    lane: Lane, model: ModelServer
) -> None:
    other_answers(model, Reply(429, "slow", headers={"Retry-After": "5"}))
    lane.use(written(WITH_OTHER))
    lane.start()
    assert [asked["model"] for asked in model.requests] == ["scripted"]
    model.answers = offline
    lane.pass_time(seconds=5)
    assert [asked["model"] for asked in model.requests] == ["scripted"] * 2
    assert lane.steps()["reply"] == "done"


def test_a_call_that_was_enqueued_falls_back_where_its_circuit_opened_meanwhile(
    lane: Lane, model: ModelServer
) -> None:
    other_answers(model, Reply(503))
    lane.use(written(WITH_OTHER))
    lane.start()  # its second try waits
    now = clock.now()
    Circuit.objects.update(failures=9, opens=6, opened_at=now)
    lane.pass_time(seconds=3)
    assert [asked["model"] for asked in model.requests] == ["scripted", "other"]
    assert lane.steps()["reply"] == "done"

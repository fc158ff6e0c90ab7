"""The answer to the very same question is used again, where a step asks for that."""

from datetime import timedelta
from unittest import mock

import pytest

from audit.worker import loop
from portal.periodic import begin_periodic
from tenants import clock
from tests.fakes.model import MODEL, ModelServer
from tests.lanes import Lane
from tests.workflows.budgets.budgets_kit import amounts, set_one
from tests.workflows.definition_kit import definition
from workflows.engine.state.breaker import REST
from workflows.models import Call, Circuit, KeptAnswer
from workflows.services.definitions import publish

ONE_CALL = """
  - name: write
    generate:
      prompt: "Write about {{ input.subject }}."
      schema: {type: object, required: [text], properties: {text: {type: string}}}
"""
REUSED = ONE_CALL + "      reuse: 1d\n"
ANSWER = {"text": "Written."}


def text(steps: str) -> str:
    return definition(steps, slug="writes", model=MODEL)


def calls() -> list[Call]:
    return list(Call.objects.filter(kind="model").order_by("id"))


def test_the_same_question_is_asked_once_and_costs_once(lane: Lane) -> None:
    tokens, counted = set_one(unit="tokens", most=10**6), set_one(unit="calls", most=100)
    lane.use(text(REUSED))
    with ModelServer([ANSWER]) as model, model.in_environment():
        for _ in range(3):
            lane.start()
        assert len(model.requests) == 1
    first, *others = calls()
    assert first.reused_from is None
    for call in others:
        assert (call.status, call.reused_from, call.cost_micros) == ("done", first.pk, 0)
        assert (call.tokens_in, call.tokens_out, call.response) == (0, 0, first.response)
        assert call.why.startswith("an answer to the same question, used again")
    assert amounts(tokens) == [(first.tokens_in + first.tokens_out, 0)]
    assert amounts(counted) == [(1, 0)]
    assert lane.steps()["write"] == "done"


def test_without_reuse_every_question_is_asked(lane: Lane) -> None:
    lane.use(text(ONE_CALL))
    with ModelServer([ANSWER]) as model, model.in_environment():
        lane.start()
        lane.start()
        assert len(model.requests) == 2
    assert not KeptAnswer.objects.exists()


def test_another_question_another_version_and_another_day_are_asked(lane: Lane) -> None:
    workflow = lane.use(text(REUSED))
    with ModelServer([ANSWER]) as model, model.in_environment():
        lane.start()
        lane.start(subject="Another")
        assert len(model.requests) == 2
        changed = text(REUSED).replace("title: Other", "title: Changed")
        publish(workflow, text=changed, actor=lane.world.staff(lane.client))
        lane.start()
        assert len(model.requests) == 3
        lane.start()
        assert len(model.requests) == 3
        lane.pass_time(days=1)
        lane.start()
        assert len(model.requests) == 4
    # Those that ended are gone.
    assert KeptAnswer.objects.count() == 1


def test_answers_that_expired_are_deleted_each_day_though_none_is_kept_any_more(
    lane: Lane,
) -> None:
    lane.use(text(REUSED))
    with ModelServer([ANSWER]) as model, model.in_environment():
        lane.start()
        begin_periodic()
        lane.pass_time(hours=23)
        assert KeptAnswer.objects.count() == 1
        lane.pass_time(days=1)
    assert not KeptAnswer.objects.exists()


def test_an_answer_that_did_not_fit_is_not_kept(lane: Lane) -> None:
    lane.use(text(REUSED))
    with ModelServer(["no JSON", ANSWER]) as model, model.in_environment():
        lane.start()
        lane.start()
        assert len(model.requests) == 2


@pytest.mark.parametrize("reuse", ["31d", "0s", "soon"])
def test_odd_spans_are_refused(lane: Lane, reuse: str) -> None:
    with pytest.raises(Exception, match="reuse"):
        lane.use(text(REUSED.replace("1d", reuse)))


def open_circuit(name: str = MODEL, *, rested: bool) -> Circuit:
    """An open circuit of a model, half open where it has ``rested``."""
    begun = clock.now() - (REST if rested else timedelta(0))
    return Circuit.objects.create(
        kind="model", name=name, failures=2, opens=1, failed_at=begun, opened_at=begun
    )


def test_a_kept_answer_needs_no_budget_as_it_costs_nothing(lane: Lane) -> None:
    lane.use(text(REUSED))
    with ModelServer([ANSWER]) as model, model.in_environment():
        lane.start()
        budget = set_one(unit="calls", most=0)
        lane.start()
        assert len(model.requests) == 1
    assert lane.steps()["write"] == "done"
    assert amounts(budget) == []


@pytest.mark.parametrize("rested", [True, False])
def test_a_kept_answer_waits_for_no_circuit_and_says_nothing_about_it(
    lane: Lane, rested: bool
) -> None:
    lane.use(text(REUSED))
    with ModelServer([ANSWER]) as model, model.in_environment():
        lane.start()
        open_circuit(rested=rested)
        lane.start()
        assert len(model.requests) == 1
    assert lane.steps()["write"] == "done"
    found = Circuit.objects.get()
    assert (found.opened_at is not None, found.probe_at) == (True, None)
    assert "circuit.closed" not in lane.verbs()


def test_a_call_that_was_enqueued_uses_a_kept_answer_too(lane: Lane) -> None:
    """It waited for a limit, a stop or a circuit while another run's answer came."""
    lane.use(text(REUSED))
    with ModelServer([ANSWER]) as model, model.in_environment():
        circuit = open_circuit(rested=False)
        lane.start()
        assert model.requests == []
        circuit.delete()
        lane.start()
        set_one(unit="calls", most=0)
        open_circuit(rested=False)
        lane.pass_time(minutes=1)
        assert len(model.requests) == 1
    assert [call.status for call in calls()] == ["done", "done"]


def test_a_call_whose_kept_answer_expired_with_its_worker_is_made_and_counted(lane: Lane) -> None:
    lane.use(text(REUSED))
    with ModelServer([ANSWER]) as model, model.in_environment():
        lane.start()
        with mock.patch.object(loop, "carry_out", return_value=None):  # the worker stops before
            lane.start()
        assert [call.reused_from is None for call in calls()] == [True, False]
        KeptAnswer.objects.all().delete()
        lane.pass_time(minutes=10)
        assert len(model.requests) == 2
    found = calls()[-1]
    assert (found.status, found.reused_from, found.why) == ("done", None, calls()[0].why)
    assert found.tokens_in > 0

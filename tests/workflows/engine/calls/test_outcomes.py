"""Outcomes of calls before they are journaled: answers, refusals and failures."""

import pytest

from workflows.engine.calls.outcomes import Answer, failed_answer, model_answer
from workflows.exceptions.causes import Cause, CausedProblem
from workflows.gateway import Completion, ModelFailed
from workflows.gateway.usage import Usage
from workflows.tools import ToolFailed, ToolInDoubt

USAGE = Usage(uncached=12, answer=34)


def completion(text: str = "Dear Mia.", **more: str) -> Completion:
    return Completion(text, "scripted", USAGE, 56, **more)


def cause(answer: Answer) -> Cause:
    assert isinstance(answer.problem, CausedProblem)
    return answer.problem.cause


def test_a_completion_is_kept_with_what_it_took() -> None:
    assert model_answer(completion(), 1200, 78) == Answer(
        {"text": "Dear Mia.", "model": "scripted"}, 78, usage=USAGE, cost_micros=56
    )


def test_a_text_that_was_cut_is_kept_with_how_it_ended() -> None:
    answer = model_answer(completion(finish="length"), 1200, 1)
    assert answer.response == {"text": "Dear Mia.", "model": "scripted", "finish": "length"}
    assert (answer.problem, answer.kind) == ("", "")


@pytest.mark.parametrize(
    ("finish", "why"),
    [
        ("", Cause.MODEL_ANSWER),
        ("length", Cause.MODEL_LIMIT),
        ("content_filter", Cause.MODEL_REFUSED),
    ],
)
def test_a_completion_without_a_text_was_paid_for_and_has_a_cause(finish: str, why: Cause) -> None:
    answer = model_answer(completion(" ", finish=finish), 1200, 1)
    assert answer.response is not None
    assert (answer.usage, answer.cost_micros) == (USAGE, 56)
    assert (answer.kind, cause(answer)) == ("", why)


def test_a_refusal_is_one_even_with_a_text() -> None:
    answer = model_answer(completion(refusal="I won't."), 1200, 1)
    assert (answer.problem, answer.kind) == ("The model refused: I won't.", "refused")
    assert cause(answer) is Cause.MODEL_REFUSED


def test_a_model_that_failed_has_the_cause_of_its_status() -> None:
    error = ModelFailed("Too busy.", retryable=True, kind="rate_limited", http_status=429, wait=5)
    answer = failed_answer(error, 9)
    assert answer == Answer(None, 9, problem="Too busy.", kind="rate_limited", wait=5)
    assert cause(answer) is Cause.MODEL_DOWN
    assert answer.cost_micros == 0
    lost = ModelFailed("It broke off.", retryable=True, may_cost=True)
    assert failed_answer(lost, 9).cost_micros is None
    key = ModelFailed("No.", retryable=False, http_status=401)
    assert cause(failed_answer(key, 9)) is Cause.MODEL_KEY


@pytest.mark.parametrize(
    ("error", "kind", "why"),
    [
        (ToolFailed("It refused."), "refused", Cause.SAID_NO),
        (ToolFailed("It is down.", retryable=True), "unavailable", Cause.SYSTEM_DOWN),
        (ToolFailed("No such host.", cause=Cause.HOST), "refused", Cause.HOST),
        (ToolInDoubt("It broke off."), "unavailable", Cause.IN_DOUBT),
    ],
)
def test_a_tool_that_failed_has_its_own_cause_or_that_of_its_kind(
    error: ToolFailed | ToolInDoubt, kind: str, why: Cause
) -> None:
    answer = failed_answer(error, 9)
    assert (answer.response, answer.kind, cause(answer)) == (None, kind, why)

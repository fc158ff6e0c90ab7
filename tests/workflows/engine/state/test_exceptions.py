"""Whatever a step raises fails that step in a sentence for people, and nothing is parked."""

import json
import logging

import pytest
from django.db import OperationalError

from approvals.models import ReviewItem, Tool
from audit.models import Outbox
from tests.fakes.model import MODEL, ModelServer
from tests.lanes import Lane
from tests.workflows.definition_kit import with_model
from workflows.engine.state.failures import UNFORESEEN, problem_from_error
from workflows.steps import retrieve

HEAD = (
    'workflow: other\nrung: execute_with_approval\nbrief: {why: "Answers input.message."}\nsteps:\n'
)
ODD = [
    ("expression", "1 / 0 > 0"),
    ("expression", "9223372036854775807 + input.one > 0"),
    ("expression", "input.nothing.at.all == 1"),
    ("expression", "[1][5] == 1"),
    ("expression", "int('x') == 1"),
    ("expression", "input.large + 1 > 0"),
    ("template", "{{ 1 / 0 }}"),
    ("template", "{{ input.nothing.at.all }}"),
    ("template", "{{ 1 + 'a' }}"),
    ("template", "{{ 9 ** (9 ** 9) }}"),
    ("template", "{{ '\\x00' }}"),
]
STEPS = {
    "expression": [
        "- {{name: a, if: {odd}, wait: {{for: 1d}}}}",
        "- {{name: a, act: {{tool: mail.send, args: {{to: {odd}, body: \"'b'\"}}}}}}",
        "- {{name: a, for_each: {{in: {odd}, as: line}}, retrieve: {{query: a}}}}",
        "- {{name: a, route: {{to: {odd}, title: t}}}}",
        "- {{name: a, wait: {{until: {odd}}}}}",
    ],
    "template": [
        "- {{name: a, retrieve: {{query: {odd}}}}}",
        "- {{name: a, generate: {{prompt: {odd}, schema: {{type: object}}}}}}",
        "- {{name: a, route: {{to: \"'x'\", title: {odd}}}}}",
    ],
}  # fmt: skip
CASES = [(step, odd) for what, odd in ODD for step in STEPS[what]]


def assert_failed_in_words(lane: Lane, step: str = "a") -> str:
    """The step failed, a person was told in a sentence, and nothing stays behind."""
    assert lane.steps()[step] == "failed"
    assert lane.run().status == "failed"
    problem: str = lane.exception().draft["problem"]
    assert "parked" not in problem
    assert "stopped in the middle" not in problem
    assert not Outbox.objects.exclude(parked_at=None).exists()
    return problem


@pytest.mark.parametrize(("step", "odd"), CASES)
def test_a_step_that_can_not_be_worked_out_says_so(lane: Lane, step: str, odd: str) -> None:
    """G8"""
    lane.use(HEAD + "  " + step.format(odd=json.dumps(odd)))
    lane.start(one=1, large="9" * 40)
    assert len(assert_failed_in_words(lane)) > 20


def test_what_nobody_foresaw_is_a_sentence_for_people_and_words_for_staff(
    lane: Lane, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:

    def broken(*_: object) -> None:
        raise ValueError("the library's own words")

    monkeypatch.setattr(retrieve, "begin", broken)
    lane.start()
    assert assert_failed_in_words(lane, "facts") == UNFORESEEN
    (said,) = [one for one in caplog.records if one.exc_info and one.levelno == logging.ERROR]
    assert "the library's own words" in str(said.exc_info)
    assert str(lane.run().pk) in said.getMessage()


def test_an_item_of_a_list_fails_its_step_likewise(
    lane: Lane, monkeypatch: pytest.MonkeyPatch
) -> None:

    def broken(*_: object) -> None:
        raise LookupError("nobody reads this")

    monkeypatch.setattr(retrieve, "begin", broken)
    step = "  - {name: a, for_each: {in: input.lines, as: line}, retrieve: {query: a}}"
    lane.use(HEAD + step)
    lane.start(lines=["1", "2"])
    assert UNFORESEEN in assert_failed_in_words(lane)


def test_an_error_of_the_database_is_no_failure_of_the_step() -> None:
    with pytest.raises(OperationalError):
        problem_from_error(OperationalError("the connection is gone"), "a step")


DEEP = "[" * 3000 + "]" * 3000


@pytest.mark.parametrize(
    "answer",
    [
        f'{{"text": "Hi.", "x": {DEEP}}}',
        '{"text": "Hi.", "x": 1e400}',
        '{"text": "Hi.", "x": ' + "9" * 5000 + "}",
        '{"text": "Hi.", "x": "\\u0000"}',
        '{"text": "Hi.", "x": "\\ud800"}',
        "[" * 100_000,
        "[]",
        "null",
    ],
)  # fmt: skip
def test_an_odd_answer_of_a_model_fails_the_step(lane: Lane, answer: str) -> None:
    """G8: an answer nested 3,000 levels would end the worker that reads it in an expression."""
    with ModelServer() as model, model.in_environment():
        model.answers = [answer]
        lane.use(with_model(MODEL))
        lane.start()
        lane.pass_time(minutes=5)
    assert_failed_in_words(lane, "reply")


@pytest.mark.parametrize("body", [DEEP, '{"a": ' + "9" * 5000 + "}"])
def test_an_odd_answer_of_a_tool_is_kept_as_text(lane: Lane, body: str) -> None:
    """G8: the tool acted, so the step is done whatever it answered."""
    lane.shop.body = body.encode()
    lane.start()
    lane.decide()
    assert lane.statuses()["refund"] == "executed"
    result = lane.proposals()["refund"].result
    assert result is not None
    assert isinstance(result["body"], str)


def test_a_header_that_can_not_be_sent_is_no_doubt(lane: Lane) -> None:
    lane.start()
    tool = Tool.objects.get(name="shop.refund")
    more = {**tool.settings, "headers": {"X-Note": "one\nTwo: three"}}
    Tool.objects.filter(pk=tool.pk).update(settings=more)
    lane.decide()
    assert lane.statuses()["refund"] == "failed"
    assert "did not happen" in lane.exception().draft["problem"]


def test_a_text_that_says_what_was_refused_does_not_wait_beside_the_exception(lane: Lane) -> None:
    """It says "I've refunded", and nothing was."""
    lane.start(**{"from": "mia"})
    assert lane.steps()["send"] == "failed"
    assert [item.kind for item in ReviewItem.objects.filter(status="waiting")] == ["exception"]
    lane.resolve("close")
    assert not ReviewItem.objects.filter(status="waiting").exists()
    assert lane.run().status in ("done", "failed")

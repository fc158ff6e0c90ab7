"""What happens instead of a step that fails: another model, another tool, a value, a person."""

import pytest

from tests.fakes.model import MODEL, ModelServer, Reply, offline
from tests.lanes import Lane
from tests.workflows.engine.fallback_kit import OTHER, written
from tests.world import DEFINITION
from workflows.definitions.problems import DefinitionError
from workflows.models import StepRun


def attempts(step: str) -> list[tuple[int, str, int, bool]]:
    """Each attempt at a step: its number, status, fallback and whether it was replaced."""
    rows = StepRun.objects.filter(name=step).order_by("id")
    return [(r.attempt, r.status, r.fallback, r.replaced_at is not None) for r in rows]


def test_a_step_is_tried_as_often_as_it_says(lane: Lane, model: ModelServer) -> None:
    model.answers = [Reply(503)]
    lane.use(written("    retry: {attempts: 2, wait: 10s, jitter: 0}\n"))
    lane.start()
    lane.pass_time(seconds=9)
    assert len(model.requests) == 1
    lane.pass_time(seconds=1)
    assert len(model.requests) == 2
    lane.pass_time(minutes=10)
    assert len(model.requests) == 2
    assert lane.steps()["reply"] == "failed"


def test_kinds_that_are_not_named_are_not_tried_again(lane: Lane, model: ModelServer) -> None:
    model.answers = [Reply(429)]
    lane.use(written("    retry: {on: [timeout]}\n"))
    lane.start()
    lane.pass_time(minutes=10)
    assert len(model.requests) == 1


def test_an_answer_that_does_not_fit_is_asked_for_again_where_the_step_says_so(
    lane: Lane, model: ModelServer
) -> None:
    model.answers = ["Sure! Here is your reply.", "Here it is.", {"text": "Dear Mia."}]
    lane.use(written("    retry: {on: [bad_answer]}\n"))
    lane.start()
    assert len(model.requests) == 2  # the second is the repair, at once
    lane.pass_time(seconds=4)
    assert len(model.requests) == 3
    assert lane.item().draft["text"] == "Dear Mia."


def test_a_model_that_is_too_slow_is_given_up_on_after_the_timeout(
    lane: Lane, model: ModelServer
) -> None:
    model.delay = 2
    lane.use(written("    timeout: 1s\n    retry: {attempts: 1}\n"))
    lane.start()
    (call,) = lane.calls("model")
    assert call.request["timeout"] == 1
    assert call.status == "failed"
    assert call.problem == "It did not answer in time."
    assert call.millis is not None
    assert call.millis < 1900


def test_a_shop_that_is_too_slow_is_in_doubt_after_the_timeout(lane: Lane) -> None:
    lane.shop.delay = 2
    head = "  - name: refund\n    timeout: 1s\n    retry: {attempts: 1}\n"
    lane.use(DEFINITION.replace("refund-replies", "slow").replace("  - name: refund\n", head))
    lane.start()
    lane.decide()
    assert lane.statuses()["refund"] == "in_doubt"
    assert "in time" in lane.exception().draft["problem"]


# -- Fallbacks -----------------------------------------------------------------------------


def test_another_model_is_asked_when_the_first_fails_for_good(
    lane: Lane, model: ModelServer
) -> None:
    model.answers = lambda asked: offline(asked) if asked["model"] == "other" else Reply(400)
    lane.use(written(f"    on_failure: {{model: {OTHER}}}\n"))
    lane.start()
    assert [c.name for c in lane.calls("model")] == [MODEL, OTHER]
    assert attempts("reply") == [(1, "failed", 0, True), (2, "done", 1, False)]
    assert lane.note("reply").startswith(f"Fallback 1: the model {OTHER}.")
    assert lane.calls("model")[1].why.startswith("fallback 1")
    assert "step.fell_back" in lane.verbs()
    lane.decide()
    assert lane.run().status == "done"


def test_fallbacks_are_tried_in_order_each_with_its_own_tries(
    lane: Lane, model: ModelServer
) -> None:
    model.answers = [Reply(503)]
    plan = f"[{{model: {OTHER}}}, {{value: {{text: We will write tomorrow.}}}}]"
    lane.use(written(f"    retry: {{attempts: 2}}\n    on_failure: {plan}\n"))
    lane.start()
    for _ in range(4):
        lane.pass_time(minutes=11)  # far enough apart to hold nothing
    assert [c.name for c in lane.calls("model")] == [MODEL, MODEL, OTHER, OTHER]
    assert lane.item().draft["text"] == "We will write tomorrow."
    assert attempts("reply")[-1] == (3, "done", 2, False)


def test_when_every_fallback_failed_a_person_is_asked(lane: Lane, model: ModelServer) -> None:
    model.answers = [Reply(400)]
    lane.use(written(f"    on_failure: [{{model: {OTHER}}}, {{person: owner}}]\n"))
    lane.start()
    assert lane.steps()["reply"] == "failed"
    assert "could not be written" in lane.exception().draft["problem"]


def test_trying_again_begins_with_the_step_itself(lane: Lane, model: ModelServer) -> None:
    model.answers = [Reply(400)]
    lane.use(written(f"    on_failure: {{model: {OTHER}}}\n"))
    lane.start()
    model.answers = offline
    lane.resolve("retry")
    assert [c.name for c in lane.calls("model")] == [MODEL, OTHER, MODEL]
    assert lane.steps()["reply"] == "done"


def test_an_action_with_a_value_to_fall_back_on_lets_its_group_go_on(lane: Lane) -> None:
    text = DEFINITION.replace("refund-replies", "valued").replace(
        "  - name: refund\n", "  - name: refund\n    on_failure: {value: {done: false}}\n"
    )
    lane.use(text)
    lane.shop.status = 422
    lane.start()
    lane.decide()
    assert len(lane.post.messages) == 1
    assert lane.statuses() == {"refund": "failed", "send": "executed"}
    assert StepRun.objects.get(name="refund", replaced_at=None).output == {"done": False}
    assert lane.run().status == "done"


@pytest.mark.parametrize(
    ("head", "message"),
    [
        ("on_failure: {tool: mail.send}", "Only a step of the kind act"),
        ("on_failure: {value: {wrong: 1}}", "does not fit"),
        ("on_failure: [{person: owner}, {model: x}]", "nothing comes after"),
        ("on_failure: {}", "exactly one"),
        ("retry: {attempts: 0}", "greater than or equal to 1"),
        ("retry: {on: [everything]}", "Input should be"),
        ("timeout: soon", "Write a time"),
    ],
)
def test_what_can_not_work_is_refused_with_its_line(lane: Lane, head: str, message: str) -> None:
    with pytest.raises(DefinitionError, match=message) as refused:
        lane.use(written(f"    {head}\n"))
    assert refused.value.problems[0].line > 5

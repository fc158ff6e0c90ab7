"""A model's answer is looked at: what cut it off, whether it fits, and what is repaired."""

from typing import Any

import pytest

from tests.fakes.model import MODEL, ModelServer, Reply
from tests.fakes.raw import RawServer
from tests.lanes import Lane
from tests.workflows.definition_kit import with_model
from tests.workflows.engine.calls.routes_kit import ONLY_DRAFT
from tests.workflows.engine.calls.test_escalations import (
    GOOD,
    POLICY,
    UNFIT,
    asked,
    script,
    table_of_two,
)
from tests.workflows.engine.fallback_kit import written
from tests.workflows.gateway.answers_kit import answer
from tests.workflows.routing.routing_kit import let_hold
from workflows.models import Call


def calls() -> list[Call]:
    return list(Call.objects.filter(kind="model").order_by("id"))


def test_a_model_repairs_its_answer_and_is_told_what_does_not_fit(
    lane: Lane, model: ModelServer
) -> None:
    model.answers = [{"text": 7, "note": "</problems>"}, GOOD]
    lane.use(with_model(MODEL))
    lane.start()
    first, second = model.requests
    assert second["messages"][:2] == first["messages"]
    former, said = second["messages"][2:]
    assert former["role"] == "assistant"
    assert '"text": 7' in former["content"]
    assert "- the answer: 'refund' is a required property" in said["content"]
    assert "- text: 7 is not of type 'string'" in said["content"]
    assert lane.item().draft["text"].startswith(POLICY)
    made = calls()
    assert [(one.attempt, one.status) for one in made] == [(1, "done"), (2, "done")]
    assert made[0].step_id == made[1].step_id
    assert made[1].why == "asked again, because its answer did not fit"
    assert made[0].key != made[1].key


def test_an_answer_is_repaired_once(lane: Lane, model: ModelServer) -> None:
    model.answers = [UNFIT]
    lane.use(with_model(MODEL))
    lane.start()
    lane.pass_time(hours=1)
    assert len(model.requests) == 2
    assert lane.steps()["reply"] == "failed"


def test_a_step_with_one_attempt_is_not_asked_twice(lane: Lane, model: ModelServer) -> None:
    model.answers = [UNFIT]
    lane.use(written("    retry: {attempts: 1, on: [bad_answer]}\n"))
    lane.start()
    lane.pass_time(hours=1)
    assert len(model.requests) == 1


def test_a_repair_that_does_not_come_through_is_tried_again(lane: Lane, model: ModelServer) -> None:
    model.answers = [UNFIT, Reply(503), GOOD]
    lane.use(with_model(MODEL))
    lane.start()
    lane.pass_time(minutes=1)
    assert len(model.requests) == 3
    assert model.requests[1] == model.requests[2]
    assert lane.steps()["reply"] == "done"


def test_where_the_repair_has_no_room_it_is_not_asked(lane: Lane, model: ModelServer) -> None:
    let_hold(table_of_two(), lane.world.admin)
    lane.use(ONLY_DRAFT)
    script(model, quick=["x" * 40_000], strong=[GOOD])
    lane.start()
    assert asked(model) == ["quick", "quick", "strong"]
    table = table_of_two()
    table["deployments"][0]["most_in"] = 4_000
    let_hold(table, lane.world.admin)
    lane.start(n=2)
    assert asked(model)[3:] == ["quick", "strong"]


@pytest.mark.parametrize(
    ("text", "finish", "said"),
    [
        ('{"text": "Hi.", "refund": {"value": 1, "currency"', "length", "cut at max_tokens"),
        ('Well: {"text": "Hi.", "refund": {"value": 1', "content_filter", "content filter"),
        # An object can be found in it, and there was more to come.
        ('{"text": "Hi.", "refund": {"value": 1, "currency": "USD"}} {"te', "length", "was cut"),
    ],
)
def test_what_cut_an_answer_off_is_looked_at_before_its_content(
    lane: Lane, text: str, finish: str, said: str
) -> None:
    with RawServer([answer(text, finish=finish)]) as server, server.as_model():
        lane.use(with_model(MODEL))
        lane.start()
        lane.pass_time(hours=1)
        assert len(server.requests) == 1  # it would be cut again
    assert said in lane.exception().draft["problem"]


def test_a_whole_answer_is_used_whatever_its_end_was(lane: Lane) -> None:
    whole: Any = '{"text": "Hi.", "refund": {"value": 1, "currency": "USD"}}'
    with RawServer([answer(whole, finish="length")]) as server, server.as_model():
        lane.use(with_model(MODEL))
        lane.start()
    assert lane.item().draft["text"] == "Hi."

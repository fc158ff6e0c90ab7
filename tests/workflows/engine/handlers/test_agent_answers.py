"""Answers in an agent step: turns and reads, those that fail too."""

from typing import Any

from tests.fakes.model import ModelServer, Reply
from tests.fakes.said import Answer
from tests.lanes import Lane
from tests.workflows.engine.agent_kit import (
    agent_text,
    calling,
    find,
    says,
    told,
)


def problem(lane: Lane) -> str:
    return str(lane.exception().draft["problem"])


def test_a_long_answer_is_cut_off_for_the_model(agent_lane: Lane, model: ModelServer) -> None:
    agent_lane.use(agent_text("      caps: {answer: 300}", slug="cut"))
    agent_lane.shop.body = {"note": "x" * 50_000}
    says(model, calling(find()), "Done.")
    agent_lane.start()
    (said,) = told(model)
    assert len(said) < 420
    assert "more characters are cut off" in said


def test_a_read_that_fails_is_tried_again_and_then_told(
    agent_lane: Lane, model: ModelServer
) -> None:
    agent_lane.shop.status = 503
    says(model, calling(find()), "The shop can't be reached.")
    agent_lane.start()
    agent_lane.pass_time(minutes=1)
    agent_lane.pass_time(minutes=1)
    assert len(agent_lane.shop.requests) == 3
    assert told(model)[0].startswith("It failed. It answered 503")
    assert agent_lane.item().draft["text"] == "The shop can't be reached."


def test_a_turn_that_no_model_answers_fails_the_step(agent_lane: Lane, model: ModelServer) -> None:
    says(model, calling(find()), Reply(400, "no such model"))
    agent_lane.start()
    assert "The agent stopped before it had ended." in problem(agent_lane)
    assert agent_lane.steps()["work"] == "failed"
    assert agent_lane.run().status == "failed"


def test_a_last_answer_that_does_not_fit_is_asked_for_once_more(
    agent_lane: Lane, model: ModelServer
) -> None:
    shape = "{type: object, required: [text], properties: {text: {type: string}}}"
    agent_lane.use(agent_text(f"      schema: {shape}", slug="shaped"))
    says(model, "no JSON", '{"text": "Fits."}')
    agent_lane.start()
    assert "That can't be used" in model.requests[1]["messages"][-1]["content"]
    assert agent_lane.item().draft["text"] == "Fits."


def test_one_that_never_fits_goes_to_a_person(agent_lane: Lane, model: ModelServer) -> None:
    says(model, "")
    agent_lane.start()
    assert "empty" in problem(agent_lane)


def test_a_model_that_calls_no_tools_is_no_fallback_and_can_not_be_named(
    agent_lane: Lane, model: ModelServer
) -> None:
    """It would answer without them, as if there was nothing to look up."""
    text = agent_text(slug="falls-back").replace(
        "    retry: {wait: 100ms}",
        "    retry: {wait: 100ms}\n    on_failure: [{model: offline/extractive}]",
    )
    agent_lane.use(text)
    says(model, Reply(400, "no such model"))
    agent_lane.start()
    assert {call.name for call in agent_lane.calls("model")} == {"openai/scripted"}
    assert agent_lane.steps()["work"] == "failed"
    named = agent_text(slug="named").replace("model: openai/scripted", "model: offline/extractive")
    agent_lane.use(named)
    agent_lane.start()
    assert agent_lane.steps()["work"] == "failed"
    assert "it is not known to call tools" in agent_lane.note("work")


def test_another_model_goes_on_with_the_conversation(agent_lane: Lane, model: ModelServer) -> None:
    text = agent_text(slug="goes-on-with").replace(
        "    retry: {wait: 100ms}",
        "    retry: {wait: 100ms}\n    on_failure: [{model: openai/second}]",
    )
    agent_lane.use(text)

    def answer(request: dict[str, Any]) -> Answer:
        if any(message["role"] == "tool" for message in request["messages"]):
            return Reply(400, "no") if request["model"] == "scripted" else "It is on its way."
        return calling(find())

    model.answers = answer
    agent_lane.start()
    assert [one["model"] for one in model.requests] == ["scripted", "scripted", "second"]
    assert agent_lane.item().draft["text"] == "It is on its way."

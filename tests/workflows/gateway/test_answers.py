"""What providers answer, as they do: read or said, never asked for again, never thrown away."""

import json
from typing import Any

import pytest

from tests.fakes.raw import Raw, RawServer
from tests.lanes import Lane
from tests.workflows.definition_kit import REPLY, definition
from tests.workflows.gateway.answers_kit import GOOD, PART, USED, answer, run
from workflows.gateway import answers


@pytest.mark.parametrize(
    "body",
    [
        {"choices": [{"message": {"content": GOOD}}]},
        {"choices": [{"message": {"content": [PART]}}], "error": None},
        {"choices": [{"message": {"content": [{"type": "thinking", "text": "Hm"}, PART]}}]},
        {"choices": [{"message": {"content": [GOOD[:9], {"text": {"value": GOOD[9:]}}]}}]},
        {"choices": [{"message": {"content": json.loads(GOOD)}}]},
        {"choices": [{"text": GOOD}]},
        {"choices": [{"delta": {"content": GOOD}}]},
        {"choices": [{"message": {"tool_calls": [{"function": {"arguments": GOOD}}]}}]},
        {"choices": [{"message": {"content": "", "function_call": {"arguments": GOOD}}}]},
        {"choices": [{"message": {"tool_calls": [{"function": {"arguments": json.loads(GOOD)}}]}}]},
        {"message": {"role": "assistant", "content": GOOD}, "done": True},
        {"type": "message", "content": [PART]},
        {"type": "message", "content": [{"type": "tool_use", "input": json.loads(GOOD)}]},
        {"output": [{"type": "reasoning"}, {"type": "message", "content": [PART]}]},
        {"output_text": GOOD},
        {"response": GOOD},
        {"candidates": [{"content": {"parts": [{"text": GOOD}]}}]},
        {"result": {"response": GOOD}, "success": True, "errors": []},
        {"data": {"choices": [{"message": {"content": GOOD}}]}},
        [{"choices": [{"message": {"content": GOOD}}]}],
    ],
)
def test_a_text_is_found_in_every_envelope(body: Any) -> None:
    assert json.loads(answers.read(body).text) == json.loads(GOOD)


@pytest.mark.parametrize(
    ("usage", "tokens"),
    [
        ({"prompt_tokens": 3, "completion_tokens": 4}, (3, 4)),
        ({"input_tokens": 3, "output_tokens": "4"}, (3, 4)),
        (None, (0, 0)),
        ([], (0, 0)),
        ("free", (0, 0)),
        ({"prompt_tokens": None}, (0, 0)),
    ],
)
def test_usage_is_read_in_any_shape(usage: Any, tokens: tuple[int, int]) -> None:
    found = answers.read({"choices": [{"message": {"content": "x"}}], "usage": usage})
    assert (found.usage.tokens_in, found.usage.tokens_out) == tokens


@pytest.mark.parametrize(
    ("body", "said", "status"),
    [
        ({"error": {"message": "Slow down", "code": 429}}, "Slow down", 429),
        ({"error": {"message": "Slow down", "code": "429"}}, "Slow down", 429),
        ({"error": {"message": "Later", "type": "rate_limit_error"}}, "Later", 429),
        ({"error": {"message": "No", "type": "overloaded_error"}}, "No", 503),
        ({"error": {"message": "No such model", "code": "model_not_found"}}, "No such model", None),
        ({"error": "It is out of memory"}, "It is out of memory", None),
        ({"errors": [{"code": 7003, "message": "No route"}], "result": None}, "No route", None),
        ({"object": "error", "message": "Bad", "code": 400}, "Bad", 400),
        ({"detail": [{"loc": ["body"], "msg": "field required"}]}, "field required", None),
        ({"message": "Service Unavailable"}, "Service Unavailable", 503),
        ({"choices": [], "error": {"message": "Gone", "code": 502}}, "Gone", 502),
        (
            {"choices": [{"finish_reason": "error", "error": {"message": "Gone", "code": 502}}]},
            "Gone",
            502,
        ),
    ],
)
def test_an_error_under_200_is_told_in_its_words_with_its_status(
    body: Any, said: str, status: int | None
) -> None:
    with pytest.raises(answers.ErrorAnswered) as raised:
        answers.read(body)
    assert (str(raised.value), raised.value.http_status) == (said, status)


@pytest.mark.parametrize("body", [None, 7, "text", [], {}, {"choices": None}, [[[[{}]]]]])
def test_what_is_no_answer_is_said_to_be_none(body: Any) -> None:
    with pytest.raises(answers.UnreadableAnswer):
        answers.read(body)


@pytest.mark.parametrize("charset", ["utf-8-sig", "utf-16", "utf-32"])
def test_an_answer_is_read_in_any_of_jsons_charsets(charset: str) -> None:
    assert answers.parse_answer('{"a": "Jörg"}'.encode(charset)) == {"a": "Jörg"}


def test_a_byte_that_is_no_text_does_not_lose_an_answer() -> None:
    assert answers.parse_answer(b'{"a": "J\xf6rg"}') == {"a": "J\ufffdrg"}
    assert answers.parse_answer(b'{"n": ' + b"9" * 5000 + b"}") == {"n": float("inf")}


def test_an_answer_that_came_as_a_stream_is_put_together() -> None:
    parts = [{"choices": [{"delta": {"content": text}}]} for text in (GOOD[:9], GOOD[9:])]
    last = {"choices": [{"delta": {}, "finish_reason": "length"}], "usage": USED}
    lines = [f"data: {json.dumps(part)}" for part in (*parts, last)]
    found = answers.read(answers.parse_answer("\n\n".join([*lines, "data: [DONE]"]).encode()))
    assert (found.text, found.finish, found.usage.tokens_in) == (GOOD, "length", 10)


def test_half_a_stream_is_told_from_broken_json() -> None:
    half = json.dumps({"choices": [{"delta": {"content": "Dear"}}]})
    for body, is_half in ((f"data: {half}\n\n", True), ("data: {broken\n\ndata: [DONE]", False)):
        with pytest.raises(answers.UnreadableAnswer) as raised:
            answers.parse_answer(body.encode())
        assert raised.value.is_half is is_half


@pytest.mark.parametrize(("text", "may_cost"), [("Dear Mia", True), ("", False)])
def test_an_error_after_a_part_of_an_answer_may_cost(text: str, may_cost: bool) -> None:
    chunks = [{"choices": [{"delta": {"content": text}}]}, {"error": {"message": "Overloaded"}}]
    body = "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks)
    with pytest.raises(answers.ErrorAnswered) as raised:
        answers.read(answers.parse_answer(body.encode()))
    assert (raised.value.http_status, raised.value.may_cost) == (503, may_cost)


# -- In runs -------------------------------------------------------------------------------


@pytest.mark.parametrize("model", ["openai/scripted", "hosted_vllm/scripted"])
def test_an_odd_answer_is_not_asked_for_again(lane: Lane, model: str) -> None:
    (call,) = run(lane, Raw(body=b"<html>It works!</html>"), model=model)
    assert call.status == "failed"
    assert "Traceback" not in lane.note("reply")


@pytest.mark.parametrize("model", ["openai/scripted", "hosted_vllm/scripted"])
def test_a_provider_that_asks_to_be_left_alone_is(lane: Lane, model: str) -> None:
    busy = Raw(429, b'{"error": {"message": "slow down"}}', {"Retry-After": "90"})
    with RawServer([busy, answer(GOOD)]) as server, server.as_model():
        lane.use(definition(REPLY, slug="scripted", model=model))
        lane.start()
        lane.pass_time(seconds=85)
        assert len(server.requests) == 1
        lane.pass_time(seconds=6)
        assert len(server.requests) == 2
    assert lane.steps()["reply"] == "done"


def test_a_server_that_asks_others_says_who_served_it() -> None:
    answer = {"choices": [{"message": {"content": "Hi."}}], "model": "m", "provider": "Together"}
    assert answers.read(answer).provider == "Together"
    assert answers.read(answer | {"provider": {"name": "x"}}).provider == ""

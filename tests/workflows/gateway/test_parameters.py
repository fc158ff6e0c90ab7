"""What a deployment of a model does not take is found out once, and remembered."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.fakes.raw import Raw, RawServer
from tests.lanes import Lane
from tests.workflows.definition_kit import REPLY, definition
from tests.workflows.gateway.answers_kit import GOOD, answer
from workflows.gateway import ModelFailed, parameters

MAX = "Unsupported parameter: 'max_tokens' is not supported. Use 'max_completion_tokens' instead."
HEAT = "Unsupported value: 'temperature' does not support 0 with this model."
NEW = frozenset({parameters.RENAMED, parameters.NO_TEMPERATURE})
FORMAT = "This response_format type is unavailable now"


@pytest.fixture(autouse=True)
def _nothing_learnt() -> Iterator[None]:
    parameters.clear_remembered()
    yield
    parameters.clear_remembered()


def refused(message: str, param: str = "") -> Raw:
    return Raw(400, json.dumps({"error": {"message": message, "param": param or None}}).encode())


def asked(lane: Lane, *given: Raw, model: str = "openai/scripted", runs: int = 1) -> list[Any]:
    """What was sent to a model that answers so."""
    with RawServer(list(given)) as server, server.as_model():
        lane.use(definition(REPLY, slug="scripted", model=model))
        for _ in range(runs):
            lane.start()
        return [request["body"] for request in server.requests]


@pytest.mark.parametrize("model", ["openai/o3-mini", "openai/gpt-5.1", "openai/openai/o4-mini"])
def test_models_known_to_want_other_parameters_get_them_at_once(lane: Lane, model: str) -> None:
    (sent,) = asked(lane, answer(GOOD), model=model)
    assert sent["max_completion_tokens"] == 1200
    assert not {"max_tokens", "temperature"} & sent.keys()


@pytest.mark.parametrize("model", ["openai/gpt-4o", "openai/o-llama", "openai/qwen3-o1x"])
def test_others_get_the_old_ones(lane: Lane, model: str) -> None:
    (sent,) = asked(lane, answer(GOOD), model=model)
    assert (sent["max_tokens"], sent["temperature"]) == (1200, 0)


@pytest.mark.parametrize("model", ["openai/scripted", "hosted_vllm/scripted"])
def test_a_refusal_that_names_a_parameter_is_asked_in_another_shape_and_remembered(
    lane: Lane, model: str
) -> None:
    sent = asked(lane, refused(MAX), refused(HEAT), answer(GOOD), model=model, runs=2)
    assert lane.steps()["reply"] == "done"
    assert len(lane.calls("model")) == 2  # finding out is no attempt of the step
    known = [{"max_tokens", "temperature"} & one.keys() for one in sent]
    assert known == [{"max_tokens", "temperature"}, {"temperature"}, set(), set()]


def test_a_parameter_named_beside_the_message_counts(lane: Lane) -> None:
    sent = asked(lane, refused("Not accepted", "temperature"), answer(GOOD))
    assert ["temperature" in one for one in sent] == [True, False]


def test_a_server_that_knows_only_the_old_name_gets_it(lane: Lane) -> None:
    new = refused("Unrecognized request argument supplied: max_completion_tokens")
    sent = asked(lane, new, answer(GOOD), model="openai/gpt-5")
    assert ["max_tokens" in one for one in sent] == [False, True]


def test_a_format_that_is_not_known_is_replaced_by_simpler_ones(lane: Lane) -> None:
    sent = asked(lane, refused(FORMAT), refused(FORMAT), answer(GOOD))
    kinds = [one.get("response_format", {}).get("type") for one in sent]
    assert kinds == ["json_schema", "json_object", None]


def test_a_limit_that_is_too_high_is_told_and_not_renamed(lane: Lane) -> None:
    (sent,) = asked(lane, refused("max_tokens is too large: 1200. It supports at most 1000."))
    assert "max_tokens" in sent
    assert "too large" in lane.note("reply")


def test_a_server_that_refuses_whatever_it_is_asked_is_asked_a_few_times_at_most(
    lane: Lane,
) -> None:
    every = f"{MAX} {HEAT} {FORMAT} max_completion_tokens"
    assert len(asked(lane, refused(every))) <= 4
    assert "max_tokens" in lane.note("reply")


def test_what_was_learnt_takes_no_room_without_end() -> None:
    for n in range(3 * parameters.MOST_REMEMBERED):
        parameters._remember(f"model-{n}", frozenset())
    assert len(parameters._remembered) <= parameters.MOST_REMEMBERED


OLD = {"model": "m", "max_tokens": 9, "temperature": 0, "response_format": {"type": "json_schema"}}


@pytest.mark.parametrize(
    ("model", "is_newer"),
    [
        ("o1", True),
        ("o3-mini", True),
        ("gpt-5", True),
        ("gpt-5.1", True),
        ("gpt-9-turbo", True),
        ("openai/o4-mini", True),
        ("deployment:gpt-5@eu", True),
        ("gpt-4o", False),
        ("gpt-50", False),
        ("foo1", False),
        ("o1x", False),
        ("", False),
    ],
)
def test_a_newer_model_is_known_by_its_name(model: str, is_newer: bool) -> None:
    assert parameters.known_changes(model) == (NEW if is_newer else frozenset())


@pytest.mark.parametrize(
    ("changes", "made"),
    [
        (set(), OLD),
        ({parameters.RENAMED}, {k: v for k, v in OLD.items() if k != "max_tokens"}
         | {"max_completion_tokens": 9}),
        ({parameters.NO_TEMPERATURE}, {k: v for k, v in OLD.items() if k != "temperature"}),
        ({parameters.ANY_JSON}, OLD | {"response_format": {"type": "json_object"}}),
        ({parameters.ANY_JSON, parameters.NO_FORMAT},
         {k: v for k, v in OLD.items() if k != "response_format"}),
        ({parameters.STREAMED}, OLD | {"stream": True, "stream_options": {"include_usage": True}}),
        ({parameters.STREAMED, parameters.UNCOUNTED}, OLD | {"stream": True}),
    ],
)  # fmt: skip
def test_changes_are_made_to_a_copy_of_the_request(changes: set[str], made: dict[str, Any]) -> None:
    before = dict(OLD)
    assert parameters.apply_changes(OLD, frozenset(changes)) == made
    assert before == OLD


@pytest.mark.parametrize(
    ("said", "changes", "then"),
    [
        (MAX, set(), {parameters.RENAMED}),
        (MAX, {parameters.RENAMED}, set()),  # it names the new one too, which was sent
        ("max_tokens is too large", set(), set()),
        ("max_tokens must be at most 4096", set(), set()),
        (HEAT, set(), {parameters.NO_TEMPERATURE}),
        (FORMAT, set(), {parameters.ANY_JSON}),
        (FORMAT, {parameters.ANY_JSON}, {parameters.ANY_JSON, parameters.NO_FORMAT}),
        ("Structured Outputs are not supported", set(), {parameters.ANY_JSON}),
        (f"{MAX} {HEAT}", set(), {parameters.RENAMED, parameters.NO_TEMPERATURE}),
        ("No such model", {parameters.RENAMED}, {parameters.RENAMED}),
        ("json mode cannot be combined with tool calling", set(), {parameters.ANY_JSON}),
        ("Stream must be set to true", set(), {parameters.STREAMED}),
        ("non-streaming calls are not supported", set(), {parameters.STREAMED}),
        ("Streaming is not supported", {parameters.STREAMED}, set()),
        ("Unknown field: stream_options", {parameters.STREAMED},
         {parameters.STREAMED, parameters.UNCOUNTED}),
    ],
)  # fmt: skip
def test_a_refusal_says_what_to_change(said: str, changes: set[str], then: set[str]) -> None:
    assert parameters.next_changes(said, frozenset(changes)) == then


def posted(body: dict[str, Any], send: Callable[[Any], Awaitable[str]]) -> str:
    """The answer to a body; in a thread, as a browser's event loop may run in this one."""

    async def post() -> str:
        return await parameters.post_completion("d", "m", body, send)

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, post()).result()


@pytest.mark.parametrize("changes", [{parameters.ANY_JSON}, {parameters.NO_FORMAT}])
def test_a_request_without_a_format_gets_none(changes: set[str]) -> None:
    plain = {"model": "m", "max_tokens": 9, "temperature": 0}
    assert parameters.apply_changes(plain, frozenset(changes)) == plain


def test_what_is_learnt_with_tools_does_not_hold_without_them() -> None:
    sent: list[Any] = []

    async def send(body: dict[str, Any]) -> str:
        sent.append(body)
        if "tools" in body and "response_format" in body:
            raise ModelFailed(FORMAT, retryable=False, http_status=400)
        return "done"

    for body in (OLD | {"tools": []}, OLD):
        assert posted(body, send) == "done"
    assert ["response_format" in one for one in sent] == [True, True, False, True]


def test_a_server_that_streams_unasked_is_asked_to_the_next_time() -> None:
    async def send(body: dict[str, Any]) -> str:
        if "stream" in body:
            return "done"
        raise parameters.StreamedUnasked

    with pytest.raises(ModelFailed):
        posted(OLD, send)
    assert posted(OLD, send) == "done"

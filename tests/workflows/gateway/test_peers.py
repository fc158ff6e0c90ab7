"""The gateway against servers of both protocols: what is read, what is sent, what a failure says.

The tests through LiteLLM are in this one file, so that one process of the tests imports it.
"""

import json
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from tenants import clock
from tests.fakes.said import Called, Reply, Said
from tests.workflows.gateway.peers import (
    CLAUDE,
    DIRECT,
    HELLO,
    PEERS,
    SHAPE,
    TOOLS,
    VLLM,
    Peer,
    closed_port,
)
from workflows.gateway import (
    Completion,
    ModelFailed,
    assistant_message,
    completion_problem,
    parameters,
    tool_message,
)
from workflows.gateway.tool_calls import ToolCall
from workflows.gateway.usage import Usage

pytestmark = [
    pytest.mark.xdist_group("litellm"),
    pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.model.partition("/")[0]),
]
USED = Usage(uncached=70, cache_read=30, answer=20)
BOTH = (Called("shop_find", {"order": "A-1"}), Called("shop_refund", {"order": "Ä-2"}))


def only_streams(said: Said, words: str = "This model only supports streaming.") -> Any:
    """A server that refuses what is not streamed."""
    return lambda request: said if request.get("stream") else Reply(400, words)


def told(peer: Peer, said: Said, *, streamed: bool = False, **more: Any) -> Completion:
    with peer.says(only_streams(said) if streamed else [said]):
        return peer.ask(**more)


STREAMED = pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])


# -- Answers -------------------------------------------------------------------------------


@STREAMED
def test_a_text_is_read_with_its_tokens_and_what_it_cost(peer: Peer, streamed: bool) -> None:
    done = told(peer, Said("Dear Mia, it is on its way. Ä日", usage=USED), streamed=streamed)
    assert done.text == "Dear Mia, it is on its way. Ä日"
    assert (done.usage, done.finish, done.tool_calls) == (USED, "", ())
    assert done.model == peer.model.partition("/")[2]
    assert (done.cost_micros is not None) == peer.has_price
    assert done.provider == peer.provider


@STREAMED
def test_thoughts_are_kept_out_of_the_text(peer: Peer, streamed: bool) -> None:
    done = told(peer, Said("It is blue.", thoughts="Is it? Hm."), streamed=streamed)
    assert done.text == "It is blue."
    tagged = told(peer, Said("<think>\nIs it?\n</think>\n\nIt is blue."), streamed=streamed)
    assert tagged.text.strip() == "It is blue."


@STREAMED
def test_parallel_calls_come_in_order_under_the_tools_own_names(peer: Peer, streamed: bool) -> None:
    said = Said("One moment.", calls=BOTH, thoughts="Both.", usage=USED)
    done = told(peer, said, streamed=streamed, tools=TOOLS)
    assert (done.text, done.finish) == ("One moment.", "")
    # LiteLLM guesses how much of the answer was thought.
    assert (done.usage.tokens_in, done.usage.cache_read, done.usage.tokens_out) == (100, 30, 20)
    assert [(call.name, call.arguments, call.problem) for call in done.tool_calls] == [
        ("shop.find", {"order": "A-1"}, ""),
        ("shop.refund", {"order": "Ä-2"}, ""),
    ]
    assert len({call.id for call in done.tool_calls}) == 2


@STREAMED
def test_calls_without_a_text_are_no_empty_answer(peer: Peer, streamed: bool) -> None:
    done = told(peer, Said(calls=BOTH), streamed=streamed, tools=TOOLS)
    assert (done.text, completion_problem(done, 100)) == ("", "")


def test_an_unknown_tool_is_passed_on_and_so_is_a_call_without_arguments(peer: Peer) -> None:
    calls = (Called("guessed", {}), Called("shop_find", {}))
    done = told(peer, Said(calls=calls), tools=TOOLS)
    assert [(call.name, call.arguments) for call in done.tool_calls] == [
        ("guessed", {}),
        ("shop.find", {}),
    ]


@STREAMED
@pytest.mark.parametrize("given", ['{"order": "A-', "A-1", '{"order": "A-1"}{"order": "A-2"}'])
def test_arguments_that_are_no_object_are_told(peer: Peer, given: str, streamed: bool) -> None:
    if peer is CLAUDE and not streamed:
        pytest.skip("Anthropic sends arguments as an object where it does not stream")
    done = told(peer, Said(calls=(Called("shop_find", given),)), streamed=streamed, tools=TOOLS)
    (call,) = done.tool_calls
    assert (call.name, call.arguments) == ("shop.find", {})
    assert call.problem == "The arguments are no JSON object."


@STREAMED
@pytest.mark.parametrize("finish", ["length", "filtered"])
def test_how_an_answer_ended_counts_before_its_calls(
    peer: Peer, finish: str, streamed: bool
) -> None:
    said = Said(calls=BOTH, finish=finish)
    done = told(peer, said, streamed=streamed, tools=TOOLS)
    assert done.finish == {"length": "length", "filtered": "content_filter"}[finish]
    problem = completion_problem(done, 100)
    assert ("max_tokens (100)" in problem, "content filter" in problem) == (
        finish == "length",
        finish == "filtered",
    )


@STREAMED
def test_a_text_that_was_cut_or_filtered_says_so(peer: Peer, streamed: bool) -> None:
    cut = told(peer, Said("Dear M", finish="length"), streamed=streamed)
    assert (cut.text, cut.finish) == ("Dear M", "length")
    filtered = told(peer, Said("Dear M", finish="filtered"), streamed=streamed)
    assert "content filter" in completion_problem(filtered, 100)


@STREAMED
def test_a_refusal_is_no_answer(peer: Peer, streamed: bool) -> None:
    done = told(peer, Said(refusal="I can't help with that."), streamed=streamed)
    assert completion_problem(done, 100)
    if not streamed and peer is not CLAUDE:  # Claude's refusal is how it ends, with any text
        assert done.refusal == "I can't help with that."


# -- Requests ------------------------------------------------------------------------------


def test_results_of_calls_are_sent_back_under_their_ids(peer: Peer) -> None:
    with peer.says([Said(calls=BOTH), Said("It is on its way.")]) as server:
        first = peer.ask(tools=TOOLS)
        results = [tool_message(call, f"result {n}") for n, call in enumerate(first.tool_calls)]
        messages = [*HELLO, assistant_message(first), *results]
        assert peer.ask(tools=TOOLS, messages=messages).text == "It is on its way."
    sent = json.dumps(server.requests[1], ensure_ascii=False)
    assert all(call.id in sent for call in first.tool_calls)
    assert ("result 0" in sent, "result 1" in sent, "Ä-2" in sent) == (True, True, True)
    assert ("shop_find" in sent, "shop.find" in sent) == (True, False)


def test_a_call_whose_arguments_were_broken_can_be_sent_back(peer: Peer) -> None:
    call = ToolCall("call00001", "shop.find", problem="The arguments are no JSON object.")
    done = Completion("", "m", tool_calls=(call,))
    with peer.says([Said("I see.")]):
        messages = [*HELLO, assistant_message(done), tool_message(call, call.problem)]
        assert peer.ask(tools=TOOLS, messages=messages).text == "I see."


def test_a_schema_is_sent_with_and_without_tools_and_only_where_there_is_one(peer: Peer) -> None:
    with peer.says([Said('{"order": "A-1"}')]) as server:
        for more in ({}, {"tools": TOOLS}, {"schema": SHAPE}, {"tools": TOOLS, "schema": SHAPE}):
            assert peer.ask(**more).text == '{"order": "A-1"}'
    named = ("response_format", "output_format", "output_config")
    assert [any(name in one for name in named) for one in server.requests] == [
        *(False, False),
        *(True, True),
    ]
    assert ["tools" in one for one in server.requests] == [False, True, False, True]


def test_ids_that_were_used_before_are_made_anew(peer: Peer) -> None:
    again = Said(calls=(Called("shop_find", {"order": "A-1"}, id="same"),))
    with peer.says([again]):
        first = peer.ask(tools=TOOLS)
        messages = [*HELLO, assistant_message(first), tool_message(first.tool_calls[0], "none")]
        second = peer.ask(tools=TOOLS, messages=messages)
    assert first.tool_calls[0].id == "same"
    assert second.tool_calls[0].id == "call00000"


# -- Streams -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        "This model only support stream mode, please enable the stream parameter.",
        "Stream must be set to true",
        "Non-streaming requests are not supported.",
    ],
)
def test_a_server_that_only_streams_is_asked_to_from_then_on(peer: Peer, words: str) -> None:
    with peer.says(only_streams(Said("Hi"), words)) as server:
        assert [peer.ask().text, peer.ask().text] == ["Hi", "Hi"]
    assert [one.get("stream") or False for one in server.requests] == [False, True, True]


@pytest.mark.parametrize("events", [1, 4, 6])
def test_a_stream_that_breaks_off_is_half_an_answer(peer: Peer, events: int) -> None:
    said = Said("Dear Mia, it is on its way to you.", half=events)
    failed = peer.failure(only_streams(said))
    assert (failed.retryable, failed.kind, failed.may_cost) == (True, "unavailable", True)


def test_a_stream_that_was_not_asked_for_is_read_at_once_or_the_next_time(peer: Peer) -> None:
    with peer.says([Said("Dear Mia.", calls=BOTH, streamed=True)]):
        if peer is not DIRECT:  # LiteLLM throws such an answer away
            with pytest.raises(ModelFailed) as raised:
                peer.ask(tools=TOOLS)
            assert (raised.value.retryable, raised.value.may_cost) == (True, True)
        done = peer.ask(tools=TOOLS)
    assert (done.text, len(done.tool_calls)) == ("Dear Mia.", 2)


# -- Failures ------------------------------------------------------------------------------


def test_a_busy_server_says_when_to_come_back_in_seconds_or_as_a_date(peer: Peer) -> None:
    later = format_datetime(clock.now() + timedelta(seconds=120), usegmt=True)
    for said, least, most in (("7", 7, 7), (later, 100, 120)):
        failed = peer.failure([Reply(429, "Slow down.", headers={"Retry-After": said})])
        assert (failed.kind, failed.http_status, failed.may_cost) == ("rate_limited", 429, False)
        assert failed.retryable
        assert least <= failed.wait <= most
        assert str(failed) == "The model answered 429: Slow down."


@pytest.mark.parametrize("status", [500, 503, 529])
def test_a_server_that_is_down_may_be_asked_again_and_did_not_cost(peer: Peer, status: int) -> None:
    failed = peer.failure([Reply(status, "Not now.")])
    assert (failed.kind, failed.retryable, failed.may_cost) == ("unavailable", True, False)
    assert str(failed).endswith(": Not now.")


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_a_request_that_is_refused_is_not_made_again(peer: Peer, status: int) -> None:
    failed = peer.failure([Reply(status, "No.")])
    assert (failed.kind, failed.http_status) == ("refused", status)
    assert (failed.retryable, failed.may_cost) == (False, False)


def test_an_answer_that_takes_too_long_may_cost(peer: Peer) -> None:
    failed = peer.failure([Said("Hi")], delay=0.5, timeout=0.2)
    assert (failed.kind, failed.retryable, failed.may_cost) == ("timeout", True, True)


def test_a_stream_that_takes_too_long_may_cost(peer: Peer) -> None:
    with peer.says([Said("Hi")], delay=0.5) as server:
        server.delay = 0
        parameters._remember(_deployment(peer, server.url), frozenset({parameters.STREAMED}))
        assert peer.ask().text == "Hi"
        server.delay = 0.5
        with pytest.raises(ModelFailed) as raised:
            peer.ask(timeout=0.2)
    assert server.requests[-1]["stream"] is True
    assert (raised.value.kind, raised.value.may_cost) == ("timeout", True)


def _deployment(peer: Peer, url: str) -> str:
    name = peer.model.partition("/")[2]
    return f"{url}/chat/completions {name}" if peer is DIRECT else peer.model


@pytest.mark.parametrize("given", [None, Said("Dear Mia.", half=1)], ids=["none", "half"])
def test_a_connection_that_breaks_off_may_cost(peer: Peer, given: Any) -> None:
    failed = peer.failure([given])
    assert (failed.kind, failed.retryable, failed.may_cost) == ("unavailable", True, True)
    assert failed.http_status is None


@pytest.mark.parametrize("body", [b"<html>It works!</html>", b"", b"{}", b"7", b'{"choices": [{'])
def test_an_answer_that_is_none_is_not_asked_for_again(peer: Peer, body: bytes) -> None:
    failed = peer.failure([body])
    assert (failed.kind, failed.retryable, failed.may_cost) == ("refused", False, True)
    assert failed.http_status == 200
    assert "Traceback" not in str(failed)


def test_a_server_that_is_not_there_did_not_cost(
    peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = closed_port()
    with peer.says([]):
        for name in ("OPENAI_BASE_URL", "HOSTED_VLLM_API_BASE", "ANTHROPIC_API_BASE"):
            monkeypatch.setenv(name, where)
        with pytest.raises(ModelFailed) as raised:
            peer.ask()
    failed = raised.value
    assert (failed.kind, failed.retryable, failed.may_cost) == ("unavailable", True, False)


def test_only_a_listed_model_has_a_cost_and_only_where_its_tokens_are_counted(peer: Peer) -> None:
    assert (told(peer, Said("Hi there", usage=USED)).cost_micros is None) == (peer is VLLM)
    assert told(peer, Said("Hi there", usage=Usage(uncached=5))).cost_micros is None


# -- Caches --------------------------------------------------------------------------------


def test_long_rules_are_marked_for_the_cache_of_a_provider_that_needs_that(peer: Peer) -> None:
    rules = {"role": "system", "content": "Be kind. " * 600}
    with peer.says([Said("Yes.", usage=USED)]) as server:
        done = peer.ask(messages=[rules, HELLO[1]])
        sent = server.requests[-1]
    assert done.usage.cache_read == 30
    if peer.is_anthropic:
        (block,) = sent["system"]
        assert block["cache_control"] == {"type": "ephemeral"}
        assert block["text"] == rules["content"]
    else:
        assert sent["messages"][0] == rules

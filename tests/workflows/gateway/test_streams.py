"""Streams of chunks: put together as the answer would have come in one piece."""

import json
from typing import Any

import pytest

from workflows.gateway.streams import HalfAnswer, is_stream, join_chunks, read_stream

END = {"choices": [{"delta": {}, "finish_reason": "stop"}]}


def delta(**more: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": more, "finish_reason": None}]}


def called(index: int | None = 0, id_: str | None = None, **function: Any) -> dict[str, Any]:
    call = {"index": index, "id": id_, "function": function}
    return delta(tool_calls=[{name: v for name, v in call.items() if v is not None}])


def message(*chunks: Any) -> dict[str, Any]:
    found: dict[str, Any] = join_chunks([*chunks, END])["choices"][0]["message"]
    return found


def calls(*chunks: Any) -> list[tuple[str, str, str]]:
    found = message(*chunks).get("tool_calls", [])
    return [(c["id"], c["function"]["name"], c["function"]["arguments"]) for c in found]


def lines(*events: Any, end: str = "\n\n") -> str:
    return "".join(f"data: {e if isinstance(e, str) else json.dumps(e)}{end}" for e in events)


def test_a_text_is_joined_without_thoughts_and_with_what_stands_beside_it() -> None:
    chunks = [
        {"model": "m", "usage": None, **delta(role="assistant", content="")},
        delta(reasoning_content="Hm"),
        delta(content="Dear "),
        delta(content=[{"type": "thinking", "thinking": "Hm"}, {"type": "text", "text": "Mia."}]),
        END,
        {"model": "m", "choices": [], "usage": {"prompt_tokens": 3}},
    ]
    assert join_chunks(chunks) == {
        "model": "m",
        "usage": {"prompt_tokens": 3},
        "choices": [{"message": {"content": "Dear Mia.", "refusal": ""}, "finish_reason": "stop"}],
    }
    assert message(delta(refusal="I "), delta(refusal="won't."))["refusal"] == "I won't."


def test_calls_are_joined_by_their_index() -> None:
    assert calls(
        called(0, "a", name="find", arguments=""),
        called(1, "b", name="mail", arguments='{"to"'),
        called(0, arguments='{"q": '),
        called(1, arguments=': "x"}'),
        called(0, arguments="1}"),
    ) == [("a", "find", '{"q": 1}'), ("b", "mail", '{"to": "x"}')]


@pytest.mark.parametrize("index", [0, None])
def test_another_id_begins_another_call_whatever_the_index(index: int | None) -> None:
    assert calls(
        called(index, "a", name="find", arguments='{"q": 1}'),
        called(index, "b", name="find", arguments='{"q"'),
        called(index, arguments=": 2}"),
    ) == [("a", "find", '{"q": 1}'), ("b", "find", '{"q": 2}')]


def test_calls_without_index_and_id_begin_with_their_names() -> None:
    assert calls(
        called(None, name="find", arguments={"q": 1}), called(None, name="find", arguments={"q": 2})
    ) == [("", "find", '{"q": 1}'), ("", "find", '{"q": 2}')]


def test_an_id_that_is_repeated_in_each_delta_stays_one_call() -> None:
    assert calls(
        called(0, "a", name="find", arguments='{"q"'), called(0, "a", arguments=": 1}")
    ) == [("a", "find", '{"q": 1}')]


def test_the_older_form_of_a_call_is_joined_too() -> None:
    assert calls(
        delta(function_call={"name": "find", "arguments": "{"}),
        delta(function_call={"arguments": "}"}),
    ) == [("", "find", "{}")]


@pytest.mark.parametrize(
    "odd",
    [
        None,
        7,
        [],
        {"choices": None},
        delta(tool_calls=7),
        delta(tool_calls=[None, {"index": {}, "function": None}]),
        delta(tool_calls=[{"index": [1], "function": {"arguments": 7}}]),
        delta(refusal=7, content=None),
    ],
)
def test_an_odd_chunk_is_no_end_of_a_stream(odd: Any) -> None:
    assert message(delta(content="Hi"), odd, delta(content="!"))["content"] == "Hi!"


def test_a_stream_without_its_end_is_half_an_answer() -> None:
    for chunks in ([], [delta(content="Dear")]):
        with pytest.raises(HalfAnswer):
            join_chunks(chunks)
        assert join_chunks(chunks, is_done=True)["choices"]
    assert join_chunks([{"message": {"content": "Hi"}, "done": True}])["choices"]


def test_an_error_within_a_stream_ends_it() -> None:
    found = join_chunks([delta(content="Dear"), {"error": {"message": "Overloaded"}}])
    assert found["choices"][0]["finish_reason"] == "error"
    assert found["error"] == {"message": "Overloaded"}


@pytest.mark.parametrize("end", ["\n\n", "\r\n\r\n", "\n", "\r\r"])
def test_events_are_read_with_any_line_ends(end: str) -> None:
    text = ": ping\n\nevent: x\n" + lines(delta(content="a\u2028b"), "[DONE]", end=end)
    assert read_stream(text)["choices"][0]["message"]["content"] == "a\u2028b"


def test_a_line_end_that_json_may_hold_ends_no_event() -> None:
    text = 'data: {"choices": [{"delta": {"content": "a\u2028\x85b"}}]}\n\ndata: [DONE]\n\n'
    assert read_stream(text)["choices"][0]["message"]["content"] == "a\u2028\x85b"


def test_an_event_that_breaks_off_is_half_an_answer_and_broken_json_is_none() -> None:
    with pytest.raises(HalfAnswer):
        read_stream(lines(delta(content="Hi")) + 'data: {"choices": [{"del')
    with pytest.raises(ValueError, match="Expecting"):
        read_stream(lines(delta(content="Hi"), "{broken", END))


def test_a_stream_is_known_by_its_first_line() -> None:
    assert all(map(is_stream, ("data: {}", "event: x", ": ping", "id: 1", "retry: 5")))
    assert not any(map(is_stream, ("{}", "", "<html>", "database")))

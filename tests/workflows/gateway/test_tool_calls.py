"""Tool calls of an answer, as providers send them: read, never lost, and never guessed."""

import json
from typing import Any

import pytest

from workflows.gateway import answers
from workflows.gateway.tool_calls import NO_OBJECT, ToolCall, calls_in, with_own_ids

ARGS = {"order": "A-1", "cents": 4820}
TEXT = json.dumps(ARGS)
CALL = {"id": "c1", "type": "function", "function": {"name": "refund", "arguments": TEXT}}
USE = {"type": "tool_use", "id": "c1", "name": "refund", "input": ARGS}


def read(message: dict[str, Any], **around: Any) -> answers.Reading:
    return answers.read({"choices": [{"message": message, **around}]}, has_tools=True)


@pytest.mark.parametrize(
    ("body", "id_"),
    [
        ({"choices": [{"message": {"content": None, "tool_calls": [CALL]}}]}, "c1"),
        ({"choices": [{"message": {"content": [USE]}}]}, "c1"),
        ({"choices": [{"message": {"function_call": CALL["function"]}}]}, ""),
        ({"message": {"tool_calls": [{"function": {"name": "refund", "arguments": ARGS}}]}}, ""),
        ({"type": "message", "content": [USE], "stop_reason": "tool_use"}, "c1"),
        ({"candidates": [{"content": {"parts": [{"functionCall": {"name": "refund",
                                                                  "args": ARGS}}]}}]}, ""),
        ({"output": [{"type": "reasoning"}, {"type": "function_call", "id": "f", "call_id": "c1",
                                             "name": "refund", "arguments": TEXT}]}, "c1"),
    ],
    ids=range(7),
)  # fmt: skip
def test_a_call_is_found_in_every_envelope_and_is_no_text(body: Any, id_: str) -> None:
    found = answers.read(body, has_tools=True)
    assert (found.text, found.tool_calls) == ("", (ToolCall(id_, "refund", ARGS),))


def test_a_text_beside_calls_is_kept_and_calls_keep_their_order() -> None:
    other = {"id": "c2", "function": {"name": "mail", "arguments": "{}"}}
    found = read({"content": "One moment.", "tool_calls": [CALL, other]})
    assert (found.text, [call.name for call in found.tool_calls]) == (
        "One moment.",
        ["refund", "mail"],
    )
    parts = [{"type": "thinking", "thinking": "Hm"}, {"type": "text", "text": "So:"}, USE]
    assert read({"content": parts}).text == "So:"


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ('{"order": "A-', NO_OBJECT),
        ('{"a": 1}{"b": 2}', NO_OBJECT),  # two calls in one: neither may be guessed
        ('I call it with {"a": 1}', NO_OBJECT),
        ("[1]", NO_OBJECT),
        ("null", NO_OBJECT),
        ("no", NO_OBJECT),
        (7, NO_OBJECT),
        ([ARGS], NO_OBJECT),
        ('{"a": NaN}', "holds NaN"),
        ({"a": float("inf")}, "holds Infinity"),
        ('{"a": 1, "a": 2}', "gives a twice"),
        ('{"a": "\\u0000"}', "holds a NUL"),
        ('{"a":' * 200 + "1" + "}" * 200, "nested too deep"),
    ],
)
def test_arguments_that_are_no_object_are_told_and_not_used(given: Any, problem: str) -> None:
    (call,) = calls_in(
        {"tool_calls": [{"id": "c1", "function": {"name": "x", "arguments": given}}]}
    )
    assert call.arguments == {}
    assert problem in call.problem


@pytest.mark.parametrize("given", ["", " ", None, "{}", {}, '"{}"', " \n{}\n"])
def test_a_tool_without_parameters_is_called_with_nothing(given: Any) -> None:
    (call,) = calls_in(
        {"tool_calls": [{"id": "c1", "function": {"name": "x", "arguments": given}}]}
    )
    assert (call.arguments, call.problem) == ({}, "")


@pytest.mark.parametrize(
    "odd",
    [
        {"tool_calls": "x"},
        {"tool_calls": [None, 7, "x"]},
        {"tool_calls": {}},
        {"content": [None, 7, "text"]},
        {},
    ],
)
def test_what_is_no_call_is_none(odd: dict[str, Any]) -> None:
    assert calls_in(odd) == ()


@pytest.mark.parametrize(
    "odd", [{}, {"function": "x"}, {"function": {"name": 7}}, {"id": 7, "function": {"name": None}}]
)
def test_a_call_without_a_name_is_passed_on(odd: dict[str, Any]) -> None:
    (call,) = calls_in({"tool_calls": [odd]})
    assert (call.id, call.name) == ("", "")


def test_missing_and_repeated_ids_are_made_anew() -> None:
    def ids(*given: str, before: tuple[str, ...] = ()) -> list[str]:
        messages = [{"tool_calls": [{"id": one} for one in before]}, {"role": "user"}]
        return [c.id for c in with_own_ids([ToolCall(one, "x") for one in given], messages)]

    assert ids("a", "b") == ["a", "b"]
    assert ids("", "") == ["call00000", "call00001"]
    assert ids("a", "a", "a") == ["a", "call00000", "call00001"]
    assert ids("a", "", before=("a", "call00000")) == ["call00001", "call00002"]
    long = "call_" + "s" * 5000  # Gemini's thoughts are signed in it
    assert ids(long) == [long]


def test_an_answer_with_calls_alone_is_read_with_how_it_ended() -> None:
    found = read({"tool_calls": [CALL]}, finish_reason="length")
    assert (found.finish, len(found.tool_calls)) == ("length", 1)
    with pytest.raises(answers.ErrorAnswered):
        read({"tool_calls": [CALL]}, finish_reason="error", error={"message": "Gone"})


def test_without_tools_the_arguments_of_a_call_are_the_text() -> None:
    found = answers.read({"choices": [{"message": {"tool_calls": [CALL]}}]})
    assert (found.text, found.tool_calls) == (TEXT, ())

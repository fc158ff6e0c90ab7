"""Requests as they are sent: with tools and a response format only where there are any."""

from typing import Any

from workflows.gateway.request_body import (
    LONGEST_NAME,
    request_body,
    response_format,
    sent_names,
    with_own_names,
)
from workflows.gateway.tool_calls import ToolCall

HELLO = {"role": "user", "content": "Hello"}


def body(**more: Any) -> dict[str, Any]:
    return request_body("m", {"messages": [HELLO], "max_tokens": 9} | more)


def test_a_schema_is_asked_for_by_the_name_answer() -> None:
    assert response_format({"type": "object"}) == {
        "type": "json_schema",
        "json_schema": {"name": "answer", "schema": {"type": "object"}},
    }


def test_a_request_without_tools_and_schema_has_neither() -> None:
    plain = {"model": "m", "messages": [HELLO], "max_tokens": 9, "temperature": 0}
    assert body() == plain
    assert body(schema={}, tools=[]) == plain
    assert body(schema={"type": "object"}) == plain | {
        "response_format": response_format({"type": "object"})
    }


def test_tools_are_sent_with_their_parameters() -> None:
    shape = {"type": "object", "properties": {"id": {"type": "string"}}}
    tools = [{"name": "find", "description": "Finds.", "parameters": shape}, {"name": "ping"}]
    assert body(tools=tools)["tools"] == [
        {
            "type": "function",
            "function": {"name": "find", "parameters": shape, "description": "Finds."},
        },
        {
            "type": "function",
            "function": {"name": "ping", "parameters": {"type": "object", "properties": {}}},
        },
    ]


def test_names_are_sent_in_letters_that_all_providers_take_and_each_is_another() -> None:
    named = ["shop.refund", "shop_refund", "shop/refund", "ä" * 90, "ö" * 90]
    names = sent_names({"tools": [{"name": name} for name in named]})
    assert list(names.values())[:3] == ["shop_refund", "shop_refund_2", "shop_refund_3"]
    assert len(set(names.values())) == len(named)
    assert max(map(len, names.values())) <= LONGEST_NAME


def test_calls_come_back_under_the_tools_own_names_and_unknown_ones_stay() -> None:
    calls = [ToolCall("1", "shop_refund"), ToolCall("2", "shop.refund"), ToolCall("3", "other")]
    found = with_own_names(calls, {"tools": [{"name": "shop.refund"}]})
    assert [call.name for call in found] == ["shop.refund", "shop.refund", "other"]


def test_earlier_calls_are_sent_under_the_same_names_and_the_request_stays_as_it_was() -> None:
    def called(name: str) -> dict[str, Any]:
        return {"id": "1", "type": "function", "function": {"name": name, "arguments": "{}"}}

    asked = {
        "role": "assistant",
        "content": None,
        "tool_calls": [called("shop.refund"), called("no.such"), called("")],
    }
    result = {"role": "tool", "tool_call_id": "1", "content": "done"}
    sent = body(messages=[HELLO, asked, result], tools=[{"name": "shop.refund"}])["messages"]
    names = [call["function"]["name"] for call in sent[1]["tool_calls"]]
    assert names == ["shop_refund", "no_such", "unknown"]
    assert (sent[0], sent[2]) == (HELLO, result)
    assert asked["tool_calls"][0] == called("shop.refund")  # type: ignore[index]

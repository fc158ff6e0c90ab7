"""The offline planner follows its script, with the fields of the request and of tools' answers."""

import json
from typing import Any

from workflows.gateway import ToolCall, assistant_message, tool_message
from workflows.gateway.completion import Completion
from workflows.gateway.offline_planner import next_turn

PLAN = [
    {"tool": "orders.find", "args": {"order": "[[request.order_id]]"}},
    {
        "tool": "mail.send",
        "args": {
            "to": "[[orders.find.email]]",
            "subject": "Order [[request.order_id]]",
            "cents": "[[orders.find.total.cents]]",
            "gone": "[[orders.find.nothing]]",
        },
    },
]
FOUND = {"status": 200, "body": {"email": "mia@kern.example", "total": {"cents": 4820}}}


def messages(*turns: tuple[ToolCall, str], template: str = "") -> list[dict[str, Any]]:
    system = f"<plan>{json.dumps(PLAN)}</plan><template>{template}</template>"
    said: list[dict[str, Any]] = [
        {"role": "system", "content": system},
        {"role": "user", "content": '<request>{"order_id": "A-17"}</request>'},
    ]
    for call, result in turns:
        said.append(assistant_message(Completion("", "m", tool_calls=(call,))))
        said.append(tool_message(call, result))
    return said


def test_it_makes_one_call_a_turn_and_ends_with_its_template() -> None:
    text, (first,) = next_turn(messages())
    assert (text, first.name, first.arguments) == ("", "orders.find", {"order": "A-17"})
    found = (first, f"<result>{json.dumps(FOUND)}</result>")
    _, (second,) = next_turn(messages(found))
    assert second.arguments == {
        "to": "mia@kern.example",
        "subject": "Order A-17",
        "cents": 4820,
    }
    template = "We write to [[orders_find.email]]."
    text, calls = next_turn(messages(found, (second, "Proposed."), template=template))
    assert (text, calls) == ("We write to mia@kern.example.", ())


def test_after_a_refusal_it_goes_on_without_the_answer() -> None:
    _, (first,) = next_turn(messages())
    _, (second,) = next_turn(messages((first, "Refused. No such order.")))
    assert second.arguments == {"subject": "Order A-17"}


def test_an_answer_that_is_no_json_has_no_fields() -> None:
    _, (first,) = next_turn(messages())
    cut = (first, '<result>{"status": 200, "body": {"email": "m … (9 more characters</result>')
    assert next_turn(messages(cut))[1][0].arguments == {"subject": "Order A-17"}


def test_without_a_script_it_ends_at_once() -> None:
    said = [{"role": "user", "content": "<request>{}</request>"}]
    assert next_turn(said)[1] == ()

"""A definition is checked whole, and every error says the line and column."""

import time
from dataclasses import replace

import pytest

from approvals.rules.never import Known
from tests.world import DEFINITION
from workflows.definitions.problems import DefinitionError
from workflows.definitions.world import World
from workflows.validation.parse import read
from workflows.validation.validate import validate

WORLD = World(
    sources={"returns-policy": "document", "orders": "records"},
    tools={
        "shop.refund": Known("shop.refund", "refund", frozenset({"order", "customer", "amount"})),
        "mail.send": Known("mail.send", "send", frozenset({"to", "subject", "body"})),
    },
    models=frozenset({"offline/extractive"}),
)

GOOD = """\
workflow: replies
title: Replies
rung: execute_with_approval
brief: {why: "To answer."}
sources: [returns-policy, orders]
never:
  - {tool: shop.refund, if: "args.amount.value > 20000"}
schemas:
  reply: {type: object, properties: {text: {type: string}}}
steps:
  - name: facts
    retrieve: {query: "{{ input.message }}", records: {orders: "input.order_id"}}
  - name: reply
    needs: [facts]
    generate: {prompt: "Answer.", schema: {$ref: reply}, cite: facts}
  - name: send
    needs: [reply]
    if: "steps.reply.output.text != ''"
    act: {tool: mail.send, args: {to: "input.from", subject: "'Re'", body: "steps.reply.output"}}
"""


def check(text: str) -> None:
    validate(read(text), WORLD)


def problems(text: str) -> list[tuple[int, int, str]]:
    with pytest.raises(DefinitionError) as refused:
        check(text)
    return [(p.line, p.column, p.message) for p in refused.value.problems]


def test_a_good_definition_is_taken() -> None:
    check(GOOD)
    check(DEFINITION)


@pytest.mark.parametrize(
    ("old", "new", "line", "column", "said"),
    [
        # Names that are not there.
        ("sources: [returns-policy", "sources: [return-policy", 5, 11, "no source called"),
        ("policy, orders]", "policy, order]", 5, 27, "no source called order."),
        ("tool: mail.send", "tool: mail.sent", 19, 11, "no tool called mail.sent"),
        ("needs: [reply]", "needs: [replies]", 17, 13, "no step called replies"),
        ("cite: facts", "cite: fact", 15, 58, "no retrieve step called fact"),
        ("$ref: reply", "$ref: repl", 15, 35, "no schema called repl"),
        ("records: {orders:", "records: {customers:", 12, 56, "not among the workflow's sources"),
        ("records: {orders:", "records: {returns-policy:", 12, 56, "is a document"),
        ("title: Replies", "model: gpt-9", 2, 1, "no model called gpt-9"),
        # Arguments and rules.
        ('{to: "input.from"', '{cc: "\'a\'", to: "input.from"', 19, 35, "takes no argument cc"),
        ("- {tool: shop.refund,", "- {tool: shop.refnud,", 7, 5, "would never match"),
        ("args.amount.value", "args.amuont.value", 7, 5, "would never match"),
        ("args.amount.value >", "args.amount.value >>", 7, 5, "not a CEL expression"),
        # Expressions.
        ('"input.from"', '"input.from +"', 19, 35, "not a CEL expression"),
        ('"input.from"', '"request.from"', 19, 35, "reads request, which is not there"),
        ("steps.reply.output.text != ''", "steps.reply.output.text = ''", 18, 5, "not a CEL"),
        ('orders: "input.order_id"', 'orders: "input.order_id ("', 12, 56, "not a CEL"),
        # Reading what may not have run.
        ('body: "steps.reply', 'body: "steps.other', 19, 70, "no step called other"),
        ("needs: [reply]", "needs: [facts]", 18, 5, "reply may not have run: add it to needs"),
        ("needs: [facts]\n    generate", "needs: []\n    generate", 15, 58, "add it to needs"),
        # Templates and schemas.
        ("{{ input.message }}", "{{ input.message", 12, 16, "template is broken"),
        ('prompt: "Answer."', 'prompt: "{% if %}"', 15, 16, "template is broken"),
        ("{type: object, properties", "{type: objekt, properties", 15, 35, "no JSON Schema"),
        ("{type: object, properties", "{type: array, properties", 15, 35, "describe an object"),
        # Shape.
        ("rung: execute_with_approval", "rung: do_anything", 3, 1, "Input should be"),
        ("workflow: replies", "workflow: Replies!", 1, 1, "should match pattern"),
        ("title: Replies", "titel: Replies", 2, 1, "no such setting"),
        ('if: "args', 'when: "args', 7, 25, "no such setting"),
        ('prompt: "Answer."', 'promt: "Answer."', 15, 16, "no such setting"),
        ('brief: {why: "To answer."}', "brief: {}", 4, 1, "This is needed"),
        ("name: facts", "nmae: facts", 11, 5, "no such setting"),
        ("    retrieve: {query", "    fetch: {query", 11, 5, "exactly one of"),
        ("name: reply\n    needs", "name: facts\n    needs", 13, 5, "step called facts already"),
        ("name: send", "name: Send it", 16, 5, "should match pattern"),
    ],
)
def test_each_mistake_is_named_at_its_place(
    old: str, new: str, line: int, column: int, said: str
) -> None:
    assert GOOD.count(old) >= 1
    found = problems(GOOD.replace(old, new, 1))
    at_place = [
        message
        for where_line, where_column, message in found
        if (where_line, where_column) == (line, column)
    ]
    assert any(said in message for message in at_place), found


def test_every_mistake_is_named_at_once() -> None:
    text = (
        GOOD.replace("mail.send", "mail.sent")
        .replace("[returns-policy, ", "[a, ")
        .replace("needs: [reply]", "needs: [nobody]")
    )
    assert len(problems(text)) >= 3


@pytest.mark.parametrize(
    ("text", "line", "column", "said"),
    [
        ("", 1, 1, "mapping"),
        ("just words", 1, 1, "mapping"),
        ("- a\n- b", 1, 1, "mapping"),
        ("a: [1, 2\nb: 3", 2, 2, "expected"),
        ("a: 1\n\tb: 2", 2, 1, "cannot start any token"),
        ("a: \x00", 1, 4, "special characters"),
        ("a: \x07bell", 1, 4, "special characters"),
        ("a: 2026-13-45", 1, 1, "month must be in 1..12"),
        ("? [a, b]\n: c", 1, 3, "name must be plain text"),
        ("a: &x [1]\nb: *x", 1, 4, "no anchors"),
        ("a: &x [*x]", 1, 4, "no anchors"),
        ("a: !!python/object:os.system {}", 1, 4, "could not determine a constructor"),
        ("a: " + "[" * 600 + "]" * 600, 1, 1, "too deep"),
    ],
    ids=range(13),
)
def test_what_is_no_plain_yaml_is_refused_with_its_place(
    text: str, line: int, column: int, said: str
) -> None:
    found = problems(text)
    assert [(a, b) for a, b, _ in found] == [(line, column)], found
    assert said in found[0][2]


def test_every_name_that_stands_twice_is_named_with_its_place() -> None:
    text = (
        GOOD.replace("title: Replies", "title: Replies\ntitle: Again")
        .replace('why: "To answer."', 'why: "To answer.", why: "To ask."')
        .replace("name: reply", "name: reply\n    name: reply")
    )
    assert problems(text) == [
        (3, 1, "“title” stands here twice."),
        (5, 28, "“why” stands here twice."),
        (15, 5, "“name” stands here twice."),
    ]


def test_a_definition_without_steps_is_refused() -> None:
    head = GOOD.split("steps:")[0]
    for text in (head, head + "steps: []\n", head + "steps: soon\n", head + "steps:\n  - one\n"):
        assert any("step" in message for *_, message in problems(text))


@pytest.mark.parametrize(
    ("needs", "said"),
    [
        ({"a": ["a"]}, "a → a"),
        ({"a": ["b"], "b": ["a"]}, "a → b → a"),
        ({"a": ["c"], "b": ["a"], "c": ["b"]}, "a → c → b → a"),
    ],
)
def test_steps_that_wait_for_each_other_are_refused(needs: dict[str, list[str]], said: str) -> None:
    steps = "".join(
        f"  - name: {name}\n    needs: {wanted}\n    retrieve: {{query: x}}\n"
        for name, wanted in needs.items()
    )
    found = problems(GOOD.split("steps:")[0] + "steps:\n" + steps)
    assert [message for *_, message in found] == [f"These steps wait for each other: {said}."]
    assert found[0][:2] == (12, 5)


def test_a_step_between_two_actions_of_one_group_is_refused() -> None:
    """The group goes before a person as one, so nothing can run between its actions."""
    act = "act: {tool: mail.send, group: g, args: {to: \"'a'\", subject: \"'a'\", body: \"'a'\"}}"
    steps = f"""steps:
  - name: first
    {act}
  - name: between
    needs: [first]
    retrieve: {{query: x}}
  - name: second
    needs: [between]
    {act}
"""
    found = problems(GOOD.split("steps:")[0] + steps)
    assert any("between" in m and "group" in m for *_, m in found), found


def test_a_result_inside_the_group_can_not_be_read() -> None:
    steps = """steps:
  - name: first
    act: {tool: mail.send, group: g, args: {to: "'a'", subject: "'a'", body: "'a'"}}
  - name: second
    needs: [first]
    act: {tool: mail.send, group: g, args: {to: "'a'", subject: "'a'", body: "steps.first.output"}}
"""
    found = problems(GOOD.split("steps:")[0] + steps)
    assert any("isn't known yet" in message for *_, message in found)


def test_an_error_is_a_sentence_with_its_place_and_data_for_machines() -> None:
    with pytest.raises(DefinitionError) as refused:
        check(GOOD.replace("mail.send", "mail.sent"))
    error = refused.value
    assert error.message.startswith("Line 19, column 11 (steps.2.act.tool): There is no tool")
    assert error.code == "bad_definition"
    assert error.data["problems"][0]["line"] == 19


def test_wrong_shapes_do_not_hide_what_else_is_wrong() -> None:
    text = (
        GOOD.replace("title: Replies", "titel: Replies")
        .replace("mail.send", "mail.sent")
        .replace("[returns-policy, ", "[nowhere, ")
        .replace('prompt: "Answer."', 'promt: "Answer."')
    )
    said = [message for _, _, message in problems(text)]
    assert said.count("There is no such setting here.") == 2
    assert said.count("This is needed.") == 1
    assert any("There is no source called nowhere." in message for message in said), said
    assert any("There is no tool called mail.sent" in message for message in said), said


@pytest.mark.parametrize(
    ("old", "new", "number"),
    [
        ("sources: [", "sorces: [", 1),  # not of each source that it isn't granted
        ("name: facts", "nmae: facts", 2),  # not that there is no step called facts
        ("    retrieve: {query", "    fetch: {query", 1),
        ("title: Replies", "title: Replies\ntitle: Again", 1),
        ("rung: execute_with_approval", "rung: do_anything", 1),
    ],
)
def test_what_only_follows_from_a_wrong_shape_is_not_said(old: str, new: str, number: int) -> None:
    assert old in GOOD
    found = problems(GOOD.replace(old, new, 1))
    assert len(found) == number, found


def test_no_problem_is_said_twice() -> None:
    text = GOOD.replace("steps.reply.output.text", "steps.rply.output.text + steps.rply.output.a")
    assert text != GOOD
    found = problems(text)
    assert len(found) == len(set(found)) == 1, found


def test_a_definition_with_very_many_wrong_shapes_is_looked_at_in_time() -> None:
    started = time.perf_counter()
    found = problems(GOOD.replace("sources: [", "sources: [" + "B, " * 9_000, 1))
    assert len(found) >= 9_000
    assert time.perf_counter() - started < 10


def test_a_model_that_the_providers_table_lacks_is_named_at_its_place() -> None:
    text = GOOD.replace("title:", "models: [openai/a, openai/b]\ntitle:", 1)
    validate(read(text), WORLD)  # without a table nothing is chosen
    with pytest.raises(DefinitionError) as refused:
        validate(read(text), replace(WORLD, routed=frozenset({"openai/a"})))
    (problem,) = refused.value.problems
    assert (problem.line, problem.column) == (2, 20)
    assert problem.message == "The provider's table has no model called openai/b."

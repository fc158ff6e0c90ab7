"""The declaration of a tool is checked whole, and each mistake has its sentence."""

from typing import Any

import pytest

from approvals.gate.tool_declaration import check_declaration, check_phrases, named_tools
from approvals.models import Tool
from tenants.errors import Invalid
from tests.approvals.unsaved import unsaved_tool

ORDER = {"type": "object", "required": ["order"], "properties": {"order": {"type": "string"}}}
NUMBER = {"type": "object", "required": ["refund"], "properties": {"refund": {"type": "string"}}}
CHECK = {
    "tool": "shop.state",
    "args": {"refund": "result.id"},
    "if": "found.state == 'pending'",
    "why": "It was paid out.",
}
OTHERS = {
    "shop.cancel": unsaved_tool("shop.cancel", effect="write", kind="edit", args_schema=NUMBER),
    "shop.state": unsaved_tool("shop.state", effect="read", args_schema=NUMBER),
}
UNDO = {"undo_tool": "shop.cancel", "undo_args": {"refund": "result.id"}}


def refund(**declared: Any) -> Tool:
    plain = {"effect": "write", "kind": "refund", "args_schema": ORDER}
    return unsaved_tool("shop.refund", **{**plain, **declared})


def refused(**declared: Any) -> tuple[str, str]:
    """Code and sentence of the refusal of a tool that is declared so."""
    with pytest.raises(Invalid) as error:
        check_declaration(refund(**declared), OTHERS)
    return error.value.code, error.value.message


@pytest.mark.parametrize(
    "declared",
    [
        {},
        {"effect": "read", "kind": None},
        {"effect": "draft", "kind": ""},
        {"effect": "route", "kind": None},
        {"args_schema": ORDER | {"additionalProperties": False}},
        {"phrases": {"button": "Refund", "title": "Refund {order}", "effect": "It pays."}},
        {"effect": "read", "kind": None, "phrases": {"button": "Try it"}},
        {"phrases": {"undo": "A test can be undone"}},
        {"same_as": "args.order", "same_days": 1},
        {"same_as": "", "same_days": 0},
        UNDO,
        UNDO | {"undo_check": CHECK},
        UNDO | {"undo_check": {"tool": "shop.state", "if": "true", "args": {"refund": "'1'"}}},
        {"undo_tool": "shop.cancel", "args_schema": NUMBER},
    ],
)
def test_a_tool_that_says_what_it_does_is_taken(declared: dict[str, Any]) -> None:
    check_declaration(refund(**declared), OTHERS)


@pytest.mark.parametrize(
    ("declared", "code", "said"),
    [
        ({"effect": "act"}, "effect", "Say what shop.refund does: read, draft, route or write."),
        (
            {"kind": None},
            "kind",
            "Say which kind of write shop.refund is: send, publish, purchase, refund, reprice, "
            "delete, edit, commit.",
        ),
        ({"effect": "read"}, "kind", "shop.refund writes nothing, so it has no kind."),
        ({"effect": "draft"}, "kind", "shop.refund writes nothing, so it has no kind."),
        (
            {"args_schema": {"type": "string"}},
            "schema",
            "The schema of shop.refund must be an object that takes no further arguments.",
        ),
        (
            {"args_schema": {"properties": {}}},
            "schema",
            "The schema of shop.refund must be an object that takes no further arguments.",
        ),
        (
            {"args_schema": ORDER | {"additionalProperties": True}},
            "schema",
            "The schema of shop.refund must be an object that takes no further arguments.",
        ),
        (
            {"args_schema": True},
            "schema",
            "The schema of shop.refund must be an object that takes no further arguments.",
        ),
    ],
)
def test_effect_kind_and_schema_have_to_fit(declared: dict[str, Any], code: str, said: str) -> None:
    assert refused(**declared) == (code, said)


def test_a_broken_schema_is_refused_with_what_is_broken() -> None:
    code, said = refused(args_schema={"type": "nothing"})
    assert code == "schema"
    assert said.startswith("The schema of shop.refund is broken: ")
    assert "nothing" in said


@pytest.mark.parametrize("name", ["button", "title", "effect"])
@pytest.mark.parametrize(
    ("words", "found"), [("Try it", "Try"), ("A DRY RUN of it", "DRY RUN"), ("a demo", "demo")]
)
def test_what_acts_sounds_like_no_test(name: str, words: str, found: str) -> None:
    said = f"shop.refund acts, so its {name} can't say “{found}”. Say what it does."
    assert refused(phrases={name: words}) == ("harmless_words", said)


@pytest.mark.parametrize(
    ("same_as", "days", "said"),
    [
        ("args.other", 1, "What makes two of shop.refund the same takes no other."),
        ("args.b + args.a", 1, "What makes two of shop.refund the same takes no a, b."),
        (
            "'always'",
            1,
            "What makes two of shop.refund the same is told by no argument of its own.",
        ),
        ("args.order", 0, "Say for how many days it counts as done before."),
    ],
)
def test_sameness_is_told_by_the_tools_own_arguments(same_as: str, days: int, said: str) -> None:
    assert refused(same_as=same_as, same_days=days) == ("same_as", said)


def test_sameness_reads_arguments_alone() -> None:
    code, said = refused(same_as="result.id", same_days=1)
    assert code == "unknown_name"
    assert "It can read args." in said


def test_a_schema_without_properties_has_no_argument_to_be_the_same_by() -> None:
    said = "What makes two of shop.refund the same takes no order."
    assert refused(args_schema={"type": "object"}, same_as="args.order") == ("same_as", said)


@pytest.mark.parametrize(
    ("declared", "said"),
    [
        ({"undo_args": {"refund": "'1'"}}, "Name the tool that undoes shop.refund."),
        ({"undo_check": CHECK}, "Name the tool that undoes shop.refund."),
        (
            {"undo_tool": "shop.gone"},
            "shop.refund is undone by shop.gone, which is no other tool that writes. "
            "Add that one first.",
        ),
        (
            {"undo_tool": "shop.state"},
            "shop.refund is undone by shop.state, which is no other tool that writes. "
            "Add that one first.",
        ),
        (
            {"undo_tool": "shop.cancel"},
            "The undo of shop.refund does not fit: shop.cancel needs refund.",
        ),
        (
            UNDO | {"undo_args": {"refund": "result.id", "b": "'1'", "a": "'1'"}},
            "The undo of shop.refund does not fit: shop.cancel takes no a, b.",
        ),
        (
            UNDO | {"undo_args": {"other": "result.id"}},
            "The undo of shop.refund does not fit: shop.cancel takes no other.",
        ),
        (
            UNDO | {"undo_check": CHECK | {"more": 1}},
            "A check before an undo has tool, args, if and why.",
        ),
        (
            UNDO | {"undo_check": {"tool": "shop.state"}},
            "A check before an undo has tool, args, if and why.",
        ),
        (
            UNDO | {"undo_check": {"if": "true"}},
            "A check before an undo has tool, args, if and why.",
        ),
        (
            UNDO | {"undo_check": CHECK | {"tool": "shop.cancel"}},
            "shop.cancel is no tool that reads. Add it first.",
        ),
        (
            UNDO | {"undo_check": CHECK | {"tool": "shop.gone"}},
            "shop.gone is no tool that reads. Add it first.",
        ),
        (
            UNDO | {"undo_check": CHECK | {"args": {}}},
            "The undo of shop.refund does not fit: shop.state needs refund.",
        ),
        (
            UNDO | {"undo_check": CHECK | {"args": {"refund": "'1'", "more": "'1'"}}},
            "The undo of shop.refund does not fit: shop.state takes no more.",
        ),
    ],
)
def test_an_undo_has_to_be_able_to_work(declared: dict[str, Any], said: str) -> None:
    assert refused(**declared) == ("undo", said)


def test_a_tool_is_not_undone_by_itself() -> None:
    tool = refund(undo_tool="shop.refund", undo_args={"order": "args.order"})
    with pytest.raises(Invalid, match="which is no other tool that writes"):
        check_declaration(tool, OTHERS | {"shop.refund": refund()})


@pytest.mark.parametrize(
    ("declared", "read"),
    [
        (UNDO | {"undo_args": {"refund": "found.id"}}, "It can read args, result."),
        (UNDO | {"undo_check": CHECK | {"args": {"refund": "found.id"}}}, "args, result."),
        (UNDO | {"undo_check": CHECK | {"if": "input.x"}}, "It can read args, found, result."),
    ],
)
def test_an_undo_reads_the_action_and_its_check_what_was_found(
    declared: dict[str, Any], read: str
) -> None:
    code, said = refused(**declared)
    assert code == "unknown_name"
    assert read in said


def test_the_tools_a_declaration_refers_to_are_its_undo_and_the_check_before_it() -> None:
    assert named_tools(refund()) == set()
    assert named_tools(refund(**UNDO)) == {"shop.cancel"}
    assert named_tools(refund(**UNDO, undo_check=CHECK)) == {"shop.cancel", "shop.state"}


MONEY = {"type": "object", "properties": {"currency": {"type": "string"}}}
FEW = {
    "type": "object",
    "properties": {
        "order": {"type": "string"},
        "amount": MONEY,
        "labels": {"type": "object", "additionalProperties": {"type": "string"}},
        "either": {"anyOf": [MONEY, {"type": "string"}]},
        "any": {},
    },
}


@pytest.mark.parametrize(
    "phrase",
    [
        "Refund {amount} on {order}",
        "In {amount.currency}",
        "To {labels.who} {either.currency} {any.thing.else}",
        "{ order } {} {order-id} {2} and no argument",
    ],
)
def test_a_phrase_that_names_arguments_of_its_tool_is_taken(phrase: str) -> None:
    check_phrases(refund(args_schema=FEW, phrases={"title": phrase, "button": "{order_id}"}))
    check_phrases(refund(args_schema={"$ref": "#/$defs/x"}, phrases={"title": "{order_id}"}))


@pytest.mark.parametrize("name", ["title", "also", "effect", "undo"])
@pytest.mark.parametrize("field", ["order_id", "order.id", "amount.value", "Order"])
def test_a_phrase_that_names_another_argument_is_refused(name: str, field: str) -> None:
    with pytest.raises(Invalid) as error:
        check_phrases(refund(args_schema=FEW, phrases={name: f"Refund {{{field}}} at once"}))
    assert error.value.code == "bad_phrase"
    assert error.value.message == (
        f"The phrase “{name}” of shop.refund names {{{field}}}, which is none of its arguments. "
        "It takes: order, amount, labels, either, any."
    )

"""Never-rules match what they name, and what can't be worked out is forbidden."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.rules.never import Known, Rule, Subject, broken_rules, check, condition_fields
from tenants.errors import Invalid

TOOLS = (
    Known("shop.refund", "refund", frozenset({"order", "amount"})),
    Known("mail.send", "send", frozenset({"to", "subject", "body"})),
)
REFUND = Subject("shop.refund", "refund", {"order": "1", "amount": {"value": 25_000}})
SMALL = Subject("shop.refund", "refund", {"order": "1", "amount": {"value": 4820}})
MAIL = Subject(
    "mail.send", "send", {"to": "mia@customers.example", "body": "We admit LIABILITY for it."}
)


@pytest.mark.parametrize(
    ("rule", "subject", "forbids"),
    [
        (Rule(tool="shop.refund"), REFUND, True),
        (Rule(tool="shop.refund"), MAIL, False),
        (Rule(tool="shop"), REFUND, False),
        (Rule(kind="refund"), SMALL, True),
        (Rule(kind="send"), SMALL, False),
        (Rule(condition="args.amount.value > 20000"), REFUND, True),
        (Rule(condition="args.amount.value > 20000"), SMALL, False),
        (Rule(condition="args.amount.value > 25000"), REFUND, False),
        (Rule(text="liability"), MAIL, True),
        (Rule(text="warranty"), MAIL, False),
        (Rule(text="CUSTOMERS.example"), MAIL, True),
        (Rule(tool="mail.send", text="liability"), MAIL, True),
        (Rule(tool="shop.refund", text="liability"), MAIL, False),
        (Rule(kind="send", condition="args.to.endsWith('@evil.example')"), MAIL, False),
    ],
)
def test_a_rule_forbids_what_all_it_names_fits(rule: Rule, subject: Subject, forbids: bool) -> None:
    assert bool(broken_rules([rule], subject)) is forbids


@pytest.mark.parametrize(
    "args",
    [
        {},
        {"amount": None},
        {"amount": {}},
        {"amount": "25000"},
        {"amount": {"value": "a lot"}},
        {"amount": [25_000]},
    ],
)
def test_a_condition_that_cannot_be_worked_out_forbids(args: dict[str, Any]) -> None:
    rule = Rule(tool="shop.refund", condition="args.amount.value > 20000")
    assert broken_rules([rule], Subject("shop.refund", "refund", args))


@pytest.mark.parametrize("condition", ["args.amount.value", "'text'", "null", "[args.order]"])
def test_a_condition_that_is_no_yes_or_no_forbids(condition: str) -> None:
    assert broken_rules([Rule(tool="shop.refund", condition=condition)], SMALL)


def test_text_is_found_however_deep_it_stands() -> None:
    subject = Subject("t", "send", {"a": [{"b": ["x", {"c": "We guarantee it"}]}], "n": 3})
    assert broken_rules([Rule(text="GUARANTEE")], subject)
    assert not broken_rules([Rule(text="3 of")], subject)


@pytest.mark.parametrize(
    "said",
    [
        "Café guarantee",
        "CAFE\u0301  guarantee",
        "Café\nguar\u00adantee",
        "Caf\u200bé \uff47uarantee",
    ],
    ids=ascii,
)
def test_text_is_found_however_it_is_disguised(said: str) -> None:
    """Case A8: invisible characters and look-alike forms hide nothing."""
    assert broken_rules([Rule(text="café guarantee")], Subject("t", "send", {"body": said}))


def test_every_rule_that_matches_is_named() -> None:
    said = broken_rules([Rule(kind="refund", why="Dana does it."), Rule(tool="shop.refund")], SMALL)
    assert said == ("Dana does it.", "Never shop.refund.")


@given(st.dictionaries(st.text(max_size=5), st.one_of(st.text(), st.integers(), st.none())))
def test_a_rule_on_a_tool_holds_whatever_the_arguments(args: dict[str, Any]) -> None:
    assert broken_rules([Rule(tool="shop.refund")], Subject("shop.refund", "refund", args))


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        (Rule(), "empty_rule"),
        (Rule(why="because"), "empty_rule"),
        (Rule(tool="shop.refnud"), "rule_matches_nothing"),
        (Rule(kind="purchase"), "rule_matches_nothing"),
        (Rule(kind="refnud"), "rule_matches_nothing"),
        (Rule(tool="mail.send", kind="refund"), "rule_matches_nothing"),
        (Rule(condition="args.amuont.value > 1"), "rule_matches_nothing"),
        (Rule(condition="args['amuont'].value > 1"), "rule_matches_nothing"),
        (Rule(tool="mail.send", condition="args.amount.value > 1"), "rule_matches_nothing"),
        (Rule(condition="amount.value > 1"), "unknown_name"),
        (Rule(condition="args.amount >"), "bad_expression"),
    ],
)
def test_a_rule_that_can_match_nothing_is_an_error(rule: Rule, code: str) -> None:
    """Case L6."""
    with pytest.raises(Invalid) as refused:
        check(rule, TOOLS)
    assert refused.value.code == code


@pytest.mark.parametrize(
    "rule",
    [
        Rule(tool="shop.refund"),
        Rule(kind="send"),
        Rule(text="liability"),
        Rule(condition="args.amount.value > 20000"),
        Rule(condition="args['amount'].value > 20000"),
        Rule(tool="shop.refund", kind="refund", condition="args.order == '1'", text="x"),
    ],
)
def test_a_rule_that_can_match_is_taken(rule: Rule) -> None:
    check(rule, TOOLS)


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (Rule(tool="shop.refund"), "Never shop.refund."),
        (Rule(kind="send"), "Never any send."),
        (Rule(tool="mail.send", kind="send"), "Never mail.send."),
        (Rule(condition="args.a > 1"), "Never anything where args.a > 1."),
        (Rule(text="liability"), "Never anything that says “liability”."),
        (
            Rule(kind="send", condition="args.a > 1", text="x", why="Dana does it."),
            "Never any send where args.a > 1 that says “x”. Dana does it.",
        ),
    ],
)
def test_a_rule_is_a_sentence_with_its_reason(rule: Rule, said: str) -> None:
    assert rule.sentence() == said


def test_people_are_told_the_reason_where_there_is_one() -> None:
    assert Rule(kind="send", why="Dana does it.").said() == "Dana does it."
    assert Rule(kind="send").said() == "Never any send."


@pytest.mark.parametrize(
    ("condition", "names"),
    [
        ("args.amount.value > 1", {"amount"}),
        ("args['to'] == args[ \"cc\" ].x || args._n", {"to", "cc", "_n"}),
        ("args['an e-mail'] != ''", {"an e-mail"}),
        ("margs.a > 1 && input.b", set()),
        ("args[0] > 1 && args.1", set()),
        ("args['']", set()),
        ("", set()),
    ],
)
def test_a_condition_names_the_arguments_that_it_reads(condition: str, names: set[str]) -> None:
    assert condition_fields(condition) == names


def test_a_text_is_read_in_names_texts_and_numbers_but_not_in_yes_and_no() -> None:
    args = {"price": 48.5, "urgent": True, "gone": None}
    said = Subject("t", "send", args).said
    assert said == {"price", "48.5", "urgent", "gone"}


def test_what_is_wrong_with_a_rule_is_told_with_its_name() -> None:
    wrong = {
        "There is no shop.gone here": Rule(tool="shop.gone"),
        "There is no a tool of kind purchase here": Rule(kind="purchase"),
        "There is no mail.send of kind refund here": Rule(tool="mail.send", kind="refund"),
        "No such tool takes amount, so": Rule(tool="mail.send", condition="args.amount > 1"),
        "No such tool takes amount, to, so": Rule(condition="args.to == 'x' || args.amount > 1"),
    }
    for said, rule in wrong.items():
        with pytest.raises(Invalid, match=said):
            check(rule, TOOLS)


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (Rule(), "Say a tool, a kind, a condition or a text."),
        (Rule(text="\u200b"), "Nobody can see that text, so nothing can say it."),
    ],
)
def test_a_rule_that_says_nothing_is_told_what_to_say(rule: Rule, said: str) -> None:
    with pytest.raises(Invalid) as refused:
        check(rule, TOOLS)
    assert (refused.value.message, refused.value.code) == (said, "empty_rule")


def test_a_condition_may_read_every_argument_of_a_tool() -> None:
    check(Rule(condition="args.order == '1' && args.amount.value > 1"), TOOLS)

"""An edit is what a person changed, checked against the tool, and sent as they wrote it."""

from typing import Any

import pytest

from approvals.models import Proposal
from approvals.review.corrections import args_with, corrections, title_with
from tenants.errors import Invalid
from tests.approvals.unsaved import unsaved_item, unsaved_proposal, unsaved_tool

TEXT = {"type": "string"}
NUMBER = {"type": "integer", "minimum": 1}
REFUND = unsaved_tool(
    "shop.refund",
    args_schema={"type": "object", "properties": {"order": TEXT, "amount": NUMBER, "note": TEXT}},
    phrases={"title": "Refund {amount} on {order}"},
)
MAIL = unsaved_tool(
    "mail.send",
    args_schema={"type": "object", "properties": {"to": TEXT, "body": TEXT}},
    prose_arg="body",
    phrases={"title": "E-mail {to}", "also": "tell {to}"},
)
ITEM = unsaved_item(kind="proposal", title="As it was", draft={"text": "Hi Mia."})


def acts(body: str = "Hi Mia.") -> list[Proposal]:
    return [
        unsaved_proposal(REFUND, args={"order": "10412", "amount": 48}),
        unsaved_proposal(MAIL, position=1, args={"to": "mia@customers.example", "body": body}),
    ]


def edit(draft: str | None, args: dict[int, dict[str, Any]], body: str = "Hi Mia.") -> Any:
    return corrections(ITEM, acts(body), draft, args)


def test_only_what_differs_is_an_edit() -> None:
    assert edit(None, {0: {"order": "10412", "amount": 50}}) == {0: {"amount": 50}}
    assert edit(None, {0: {"amount": 50}, 1: {"to": "ana@customers.example"}}) == {
        0: {"amount": 50},
        1: {"to": "ana@customers.example"},
    }


def test_an_argument_that_was_left_out_may_be_added() -> None:
    assert edit(None, {0: {"note": ""}}) == {0: {"note": ""}}


def test_a_value_is_kept_in_its_one_form() -> None:
    assert edit(None, {0: {"order": "Cafe\u0301"}}) == {0: {"order": "Café"}}


def test_an_edited_draft_is_what_is_sent() -> None:
    assert edit("Dear Mia.", {}) == {1: {"body": "Dear Mia."}}


def test_an_action_that_says_something_else_does_not_follow_the_draft() -> None:
    assert edit("Dear Mia.", {}, body="Another text.") == {}


def test_what_a_person_writes_into_the_action_itself_counts() -> None:
    assert edit("Dear Mia.", {1: {"body": "Hello."}}) == {1: {"body": "Hello."}}


@pytest.mark.parametrize(
    ("draft", "args"),
    [
        (None, {}),
        ("Hi Mia.", {}),
        (None, {0: {}}),
        (None, {0: {"amount": 48}, 1: {"body": "Hi Mia."}}),
    ],
)
def test_an_edit_that_changes_nothing_is_refused(
    draft: str | None, args: dict[int, dict[str, Any]]
) -> None:
    with pytest.raises(Invalid, match="Nothing was changed") as refused:
        edit(draft, args)
    assert refused.value.code == "no_edit"


@pytest.mark.parametrize("draft", ["", " \n", "\u200b"])
def test_a_text_is_not_edited_away(draft: str) -> None:
    with pytest.raises(Invalid) as refused:
        edit(draft, {0: {"amount": 50}})
    assert refused.value.code == "empty"


def test_an_action_that_is_not_there_is_named_as_people_count() -> None:
    with pytest.raises(Invalid) as refused:
        edit(None, {5: {"a": 1}, 2: {"a": 1}, 0: {"amount": 50}})
    assert refused.value.message == "There is no action number 3 here."


def test_an_edit_that_the_tool_does_not_take_is_refused_at_its_action() -> None:
    for args, position in (({0: {"amount": 0}}, 0), ({1: {"cc": "x"}}, 1)):
        with pytest.raises(Invalid) as refused:
            edit(None, args)
        assert (refused.value.code, refused.value.data["position"]) == ("bad_args", position)


def test_edits_are_put_over_the_arguments_of_their_action() -> None:
    refund, mail = acts()
    assert args_with(refund, {0: {"amount": 50}}) == {"order": "10412", "amount": 50}
    assert args_with(mail, {0: {"amount": 50}}) == mail.args
    assert refund.args == {"order": "10412", "amount": 48}


def test_the_title_says_the_edited_arguments() -> None:
    assert title_with(ITEM, acts(), {0: {"amount": 50}}) == (
        "Refund 50 on 10412 and tell mia@customers.example"
    )
    assert title_with(ITEM, acts(), {}) == "As it was"
    draft = unsaved_item(kind="draft", title="A page")
    assert title_with(draft, acts(), {0: {"amount": 50}}) == "A page"
    long = title_with(ITEM, acts(), {0: {"order": "x" * 300}})
    assert long == f"Refund 48 on {'x' * 187}"

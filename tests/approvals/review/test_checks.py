"""A choice is checked before it counts: what it is about, why, and whether there is a text."""

from datetime import timedelta
from typing import Any

import pytest

from approvals.models import Proposal, ReviewItem, content_of
from approvals.review.checks import (
    MOST_ATTEMPTS,
    accept_problem,
    item_disagreements,
    require_agreement,
    require_choice,
    retry_problem,
)
from audit.canonical import sha256
from tenants import clock
from tenants.errors import Conflict, DomainError, Invalid, Refused
from tenants.models import User
from tenants.services.tenants import resume_everything, stop_everything
from tests.approvals.unsaved import unsaved_item, unsaved_proposal, unsaved_tool
from tests.lanes import NOON, Lane
from tests.portal.review_kit import DRAFTS, inside, text
from tests.world import DEFINITION

BLANK = ["", "  \n\t ", "\u200b\u3164", "\u00a0\u2003"]


def _empty(lane: Lane, said: str) -> ReviewItem:
    """A draft whose text is this."""
    lane.use(DRAFTS)
    lane.start(message="damaged items refunded in full")
    item = lane.item()
    item.draft = {**item.draft, "text": said, "spans": []}
    item.content_hash = sha256(content_of(item, []))
    item.save(update_fields=["draft", "content_hash"])
    return item


@pytest.mark.parametrize("said", BLANK)
def test_an_empty_draft_is_not_accepted_and_not_offered(lane: Lane, said: str) -> None:
    item = _empty(lane, said)
    with pytest.raises(Invalid, match="no text here to accept"):
        lane.say(item=item)
    page = text(inside(lane.client).get(f"/review/{item.pk}/"))
    assert "There is no text here to accept." in page
    assert 'value="accept"' not in page
    assert "edit=1" in page  # writing it is what there is to do
    lane.decide("correct", item=item, draft="Damaged items are refunded in full.")
    assert lane.run().outcome == "corrected"


@pytest.mark.parametrize("said", BLANK)
def test_an_edit_to_nothing_is_refused(lane: Lane, said: str) -> None:
    lane.start()
    with pytest.raises(Invalid, match="The text is empty"):
        lane.say("correct", draft=said)
    assert lane.item().status == "waiting"


@pytest.mark.parametrize("said", BLANK)
def test_a_mail_without_a_text_is_not_put_up(lane: Lane, said: str) -> None:
    body = DEFINITION.replace("workflow: refund-replies", "workflow: other").replace(
        'body: "steps.reply.output.text"', 'body: "input.blank"'
    )
    assert "input.blank" in body
    lane.use(body)
    lane.start(blank=said)
    assert not Proposal.objects.filter(tool_name="mail.send").exists()
    assert lane.steps()["send"] == "failed"
    assert lane.post.messages == []


def test_a_mails_text_is_not_edited_away(lane: Lane) -> None:
    lane.start()
    with pytest.raises((Invalid, Refused), match="text"):
        lane.say("correct", args={1: {"body": " "}})
    assert lane.item().status == "waiting"


def test_approving_while_everything_is_stopped_is_not_offered(lane: Lane) -> None:
    lane.start()
    item, owner = lane.item(), lane.client.actor()
    stop_everything(actor=owner)
    page = text(inside(lane.client).get(f"/review/{item.pk}/"))
    assert "has stopped everything." in page
    assert 'value="accept"' not in page
    resume_everything(actor=owner)
    assert 'value="accept"' in text(inside(lane.client).get(f"/review/{item.pk}/"))


# -- One choice, by itself ---------------------------------------------------------------------


def _waiting(**more: Any) -> ReviewItem:
    plain = {"kind": "proposal", "draft": {"step": "reply", "text": "Hi Mia."}}
    return unsaved_item(content_hash="seen", due_at=NOON, **{**plain, **more})


def _code(item: ReviewItem, choice: str, *, seen: str = "seen", **more: str) -> str:
    """The code of the error, or nothing where the choice may be made."""
    with clock.at(NOON - timedelta(seconds=1)):
        try:
            require_choice(item, choice, seen, **more)
        except DomainError as error:
            return error.code
    return ""


@pytest.mark.parametrize(
    ("choice", "more", "code"),
    [
        ("accept", {}, ""),
        ("correct", {}, ""),
        ("take_over", {}, ""),
        ("reject", {"reason": "tone"}, ""),
        ("again", {"reason": "tone"}, ""),
        ("accept", {"reason": "tone"}, ""),
        ("reject", {"reason": "other", "words": "Not now."}, ""),
        ("accept", {"seen": "other"}, "changed"),
        ("resolve", {"reason": "skip"}, "bad_choice"),
        ("undo", {}, "bad_choice"),
        ("", {}, "bad_choice"),
        ("reject", {}, "no_reason"),
        ("again", {}, "no_reason"),
        ("reject", {"reason": "because"}, "no_reason"),
        ("accept", {"reason": "because"}, "bad_choice"),
        ("reject", {"reason": "other"}, "no_words"),
        ("reject", {"reason": "other", "words": " \n"}, "no_words"),
        ("accept", {"reason": "other"}, "no_words"),
    ],
)
def test_a_choice_about_an_action_is_one_of_a_few_with_its_reason(
    choice: str, more: dict[str, str], code: str
) -> None:
    assert _code(_waiting(), choice, **more) == code


@pytest.mark.parametrize(
    ("choice", "reason", "code"),
    [
        ("resolve", "skip", ""),
        ("resolve", "hand", "bad_choice"),
        ("resolve", "", "bad_choice"),
        ("accept", "", "bad_choice"),
        ("reject", "tone", "bad_choice"),
    ],
)
def test_an_exception_is_resolved_by_a_way_out_that_it_offers(
    choice: str, reason: str, code: str
) -> None:
    item = _waiting(kind="exception", draft={"options": ["skip"]})
    assert _code(item, choice, reason=reason) == code


def test_a_way_out_of_an_exception_that_offers_none_is_refused() -> None:
    assert _code(_waiting(kind="exception", draft={}), "resolve", reason="skip") == "bad_choice"


def test_what_is_due_is_over_in_that_second() -> None:
    item = _waiting()
    with clock.at(NOON), pytest.raises(Conflict) as refused:
        require_choice(item, "accept", "seen")
    assert refused.value.code == "expired"


def test_a_decided_item_says_who_decided_how_and_when() -> None:
    dana = User(name="Dana", email="dana@shop.example")
    item = _waiting(
        status="decided", choice="reject", reason_code="tone", decided_at=NOON, decided_by=dana
    )
    with pytest.raises(Conflict) as refused:
        require_choice(item, "accept", "seen")
    assert refused.value.message == "Dana decided this already: rejected."
    assert refused.value.code == "already_decided"
    assert refused.value.data == {
        "state": "decided",
        "choice": "reject",
        "by": "Dana",
        "at": "2026-11-17T12:00:00+00:00",
        "reason": "tone",
    }


def test_an_item_that_was_closed_says_how_it_stands() -> None:
    with pytest.raises(Conflict) as refused:
        require_choice(_waiting(status="cancelled"), "accept", "seen")
    assert refused.value.message == "This item is cancelled, so there is nothing to decide."
    assert (refused.value.data["by"], refused.value.data["at"]) == ("", "")


@pytest.mark.parametrize(
    ("more", "has_problem"),
    [
        ({}, False),
        ({"draft": {}}, False),
        ({"draft": {"text": ""}}, True),
        ({"draft": {"text": "\u200b"}}, True),
        ({"draft": {"text": 0}}, False),
        ({"kind": "exception", "draft": {"text": ""}}, False),
    ],
)
def test_what_has_a_text_must_say_something_to_be_accepted(
    more: dict[str, Any], has_problem: bool
) -> None:
    assert bool(accept_problem(_waiting(**more))) is has_problem
    expected = "empty" if has_problem else "bad_choice" if "kind" in more else ""
    assert _code(_waiting(**more), "accept") == expected


@pytest.mark.parametrize(
    ("more", "has_problem"),
    [
        ({}, False),
        ({"draft": {"text": "x"}}, True),
        ({"draft": {"step": "reply", "item": 3}}, True),
        ({"attempt": MOST_ATTEMPTS - 1}, False),
        ({"attempt": MOST_ATTEMPTS}, True),
    ],
)
def test_a_text_of_one_step_is_written_five_times_at_most(
    more: dict[str, Any], has_problem: bool
) -> None:
    assert bool(retry_problem(_waiting(**more))) is has_problem
    assert _code(_waiting(**more), "again", reason="tone") == ("not_again" if has_problem else "")


def _refund_and_mail(body: str) -> list[Proposal]:
    amount = {"value": 4820, "currency": "USD"}
    refund = unsaved_tool("shop.refund", kind="refund")
    mail = unsaved_tool("mail.send", kind="send", prose_arg="body")
    return [
        unsaved_proposal(refund, args={"amount": amount}),
        unsaved_proposal(mail, position=1, args={"body": body}),
    ]


def test_the_text_and_what_is_sent_are_held_against_the_actions() -> None:
    wrong = "The text says $50.00; the action has $48.20."
    item = _waiting(draft={"text": "I've refunded $48.20."})
    assert item_disagreements(item, _refund_and_mail("You get $48.20."), "en_US") == []
    assert item_disagreements(item, _refund_and_mail("You get $50.00."), "en_US") == [wrong]
    item = _waiting(draft={"text": "I've refunded $50.00."})
    # Both say so, and it is told once.
    assert item_disagreements(item, _refund_and_mail("You get $50.00."), "en_US") == [wrong]


def test_what_a_person_is_editing_is_held_against_the_actions() -> None:
    item, acts = _waiting(draft={"text": "I've refunded $50.00."}), _refund_and_mail("Done.")
    assert item_disagreements(item, acts, "en_US", text="I've refunded $48.20.") == []
    more = {0: {"amount": {"value": 5000, "currency": "USD"}}}
    assert item_disagreements(item, acts, "en_US", more) == []
    assert item_disagreements(item, acts, "en_US", text="") == []


def test_what_nobody_reads_one_by_one_must_agree() -> None:
    require_agreement(_waiting(draft={"text": "I've refunded $48.20."}), _refund_and_mail("x"))
    with pytest.raises(Refused, match=r"the action has \$48\.20\. Look at it by itself") as refused:
        require_agreement(_waiting(draft={"text": "It was $50.00."}), _refund_and_mail("x"))
    assert refused.value.code == "differs"

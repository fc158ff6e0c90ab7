"""The same was carried out before: said first on the card, and a policy may refuse it (A14★)."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from approvals.done_before import same_key
from approvals.models import Proposal, ReviewItem, Tool
from approvals.services.batches import Picked, decide_all
from approvals.services.tools import add_tool, change_tool
from approvals.services.undo import ask_undo
from audit import outbox
from tenants.errors import Conflict, Invalid, Refused
from tests.lanes import Lane
from tests.portal.review_kit import inside, text
from tests.workflows.test_policies import OWNERS, both, dana, policy
from tests.workflows.test_undo import make_undoable, refunded

SAID = "Done already on 17 Nov 2026</strong> Refund $48.20 to Mia Chen"


def refund() -> Tool:
    return Tool.objects.get(name="shop.refund")


@pytest.fixture
def once(lane: Lane) -> Lane:
    """A refund that was carried out, with a tool that tells the same order by its number."""
    change_tool(refund(), actor=lane.world.staff(lane.client), same_as="args.order")
    lane.start()
    lane.decide()
    assert lane.statuses()["refund"] == "executed"
    return lane


def refunds(lane: Lane) -> int:
    return sum(1 for request in lane.shop.requests if request["path"] == "/refunds")


def test_it_is_said_first_on_the_card_and_on_the_page_of_a_mails_link(once: Lane) -> None:
    once.start()
    item = once.item()
    for path in (f"/review/{item.pk}/", f"/review/{item.pk}/confirm/"):
        page = text(inside(once.client).get(path))
        assert SAID in page
        assert "approved by Owner Harbor &amp; Pine." in page
        assert page.index(SAID) < page.index("If you approve:")
    once.decide()  # who was told may still say yes
    assert refunds(once) == 2


def test_another_order_is_another_thing(once: Lane) -> None:
    once.start(order_id="10413")
    assert "Done already" not in text(inside(once.client).get(f"/review/{once.item().pk}/"))


@pytest.mark.parametrize(
    "odd", ["10412\u200b", " 10412\n", "10\u2060412", "１０４１２", "10412\ufe0f"]
)
def test_a_number_that_reads_the_same_is_the_same(once: Lane, odd: str) -> None:
    assert same_key(refund(), {"order": odd}) == once.proposals()["refund"].same_key
    once.start(order_id="10413")
    with pytest.raises(Refused, match="Done already"):
        once.say("correct", args={0: {"order": odd}}, is_one_of_many=True)


def test_what_was_undone_was_not_done(lane: Lane) -> None:
    make_undoable(lane)
    change_tool(refund(), actor=lane.world.staff(lane.client), same_as="args.order")
    ask_undo(refunded(lane).pk, actor=lane.client.actor())
    outbox.drain()
    lane.start()
    assert "Done already" not in text(inside(lane.client).get(f"/review/{lane.item().pk}/"))


def test_what_was_done_before_the_tool_said_so_counts(lane: Lane) -> None:
    lane.start()
    lane.decide()
    change_tool(refund(), actor=lane.world.staff(lane.client), same_as="args.order")
    lane.start()
    assert SAID in text(inside(lane.client).get(f"/review/{lane.item().pk}/"))


def test_after_its_days_it_is_forgotten(once: Lane) -> None:
    change_tool(refund(), actor=once.world.staff(once.client), same_days=30)
    once.pass_time(days=31)
    once.start()
    assert "Done already" not in text(inside(once.client).get(f"/review/{once.item().pk}/"))


def test_what_may_have_been_done_is_said_so(lane: Lane) -> None:
    change_tool(refund(), actor=lane.world.staff(lane.client), same_as="args.order")
    lane.shop.status = 500
    lane.start()
    lane.decide()
    for _ in range(6):
        lane.pass_time(minutes=1)
    assert lane.statuses()["refund"] == "in_doubt"
    lane.shop.status = 200
    lane.start()
    page = text(inside(lane.client).get(f"/review/{lane.item().pk}/"))
    assert "May have been done already on 17 Nov 2026" in page


# -- At signing and at the effect ------------------------------------------------------------------


@contextmanager
def two_waiting(lane: Lane) -> Iterator[tuple[ReviewItem, ReviewItem]]:
    change_tool(refund(), actor=lane.world.staff(lane.client), same_as="args.order")
    lane.start()
    lane.start()
    first, second = ReviewItem.objects.filter(status="waiting").order_by("id")
    yield first, second


def test_what_was_done_while_somebody_looked_is_said_before_it_is_signed(lane: Lane) -> None:
    with two_waiting(lane) as (first, second):
        lane.decide(item=first)
        lane.pass_time(seconds=1)
        with pytest.raises(Conflict, match="Done already"):
            lane.say(item=second, seconds=60)  # the page was opened before the first was done
        lane.decide(item=second, seconds=0)  # it was opened again, and said so
    assert refunds(lane) == 2


def test_of_two_that_were_approved_at_once_one_is_carried_out(lane: Lane) -> None:
    """Nobody who approved the second could know of the first."""
    with two_waiting(lane) as (first, second):
        lane.say(item=first)
        lane.say(item=second)
        outbox.drain()
    assert refunds(lane) == 1
    assert sorted(p.status for p in Proposal.objects.filter(step="refund")) == [
        "executed",
        "refused",
    ]
    assert "The same was done before." in lane.exception().draft["problem"]


def test_several_are_not_accepted_unread(lane: Lane) -> None:
    make_undoable(lane)
    actor = lane.world.staff(lane.client)
    change_tool(refund(), actor=actor, same_as="args.order")
    change_tool(
        Tool.objects.get(name="mail.send"),
        actor=actor,
        undo_tool="shop.cancel_refund",
        undo_args={"refund": "args.subject"},
    )
    lane.start()
    item = lane.item()
    (result,) = decide_all(
        [Picked(item.pk, item.content_hash)], "accept", actor=lane.client.actor()
    )
    assert "Look at it by itself." in result.problem
    assert lane.item().status == "waiting"


def test_an_edit_into_what_was_done_is_told_too(once: Lane) -> None:
    policy(once, OWNERS, refuse_same=True)
    once.start(order_id="10413")
    with pytest.raises(Refused, match="Your policy refuses"):
        once.say("correct", args={0: {"order": "10412"}})


# -- A policy that refuses -------------------------------------------------------------------------


def test_a_policy_refuses_to_put_it_up(once: Lane) -> None:
    policy(once, OWNERS, kind="refund", refuse_same=True)
    once.start()
    assert not ReviewItem.objects.filter(kind="proposal", status="waiting").exists()
    assert "Your policy refuses it again." in once.exception().draft["problem"]
    assert refunds(once) == 1


def test_a_policy_that_came_later_refuses_to_sign_it(once: Lane) -> None:
    once.start()
    policy(once, both(once), refuse_same=True)
    for actor in (once.client.actor(), dana(once)):
        with pytest.raises(Refused, match="Your policy refuses"):
            once.say(actor=actor)
    assert refunds(once) == 1


@pytest.mark.parametrize(
    "same_as", ["args.nothing", "input.order", "1 + ", "'always'", "args", "args.order == "]
)
def test_a_declaration_that_tells_nothing_is_refused(lane: Lane, same_as: str) -> None:
    """Case L6."""
    with pytest.raises(Invalid):
        change_tool(refund(), actor=lane.world.staff(lane.client), same_as=same_as)


@pytest.mark.parametrize("same_as", ["args.order", "[args.order, args.amount.value]"])
def test_one_that_names_its_arguments_is_taken(lane: Lane, same_as: str) -> None:
    actor = lane.world.staff(lane.client)
    made: dict[str, Any] = {"adapter": "http", "effect": "write", "kind": "refund"}
    schema = refund().args_schema
    add_tool(name="a.b", title="A", actor=actor, args_schema=schema, same_as=same_as, **made)

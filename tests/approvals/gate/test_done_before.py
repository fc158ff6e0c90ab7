"""The same was carried out before: said first on the card, and a policy may refuse it (A14★)."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from approvals.decisions.batches import Picked, decide_all
from approvals.decisions.undo import ask_undo
from approvals.gate.done_before import EarlierAction, duplicate_sentences, find_earlier, same_key
from approvals.gate.tools import add_tool, change_tool
from approvals.models import Proposal, ReviewItem, Tool
from audit import outbox
from tenants.errors import Conflict, Invalid, Refused
from tenants.ids import uuid7
from tenants.models import Tenant
from tests.approvals.unsaved import unsaved_tool
from tests.lanes import Lane
from tests.policy_kit import OWNERS, both, dana, policy
from tests.portal.api.api_kit import key_of, send
from tests.portal.review_kit import inside, text
from tests.undo_kit import make_undoable, refunded
from tests.world import DEFINITION

TWICE = """
  - name: shipping
    needs: [refund]
    act:
      tool: shop.refund
      group: answer
      args:
        order: "OTHER"
        customer: "records.orders.customer"
        amount: "steps.reply.output.refund"
"""
TWO_REFUNDS = DEFINITION.replace("refund-replies", "two-refunds") + TWICE.replace(
    "OTHER", "input.order_id"
)
OTHER_REFUND = DEFINITION.replace("refund-replies", "other-refund") + TWICE.replace(
    "OTHER", "'10413'"
)
SAID = "Done already on 17 Nov 2026</strong> Refund $48.20 to Mia Chen"


def refund() -> Tool:
    return Tool.objects.get(name="shop.refund")


def make_same(lane: Lane) -> None:
    """An order's number tells that two refunds are the same thing."""
    change_tool(refund(), actor=lane.world.staff(lane.client), same_as="args.order")


@pytest.fixture
def once(lane: Lane) -> Lane:
    """A refund that was carried out, with a tool that tells the same order by its number."""
    make_same(lane)
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


@pytest.mark.parametrize(
    ("status", "counts"), [("executed", 1), ("in_doubt", 1), ("failed", 0), ("refused", 0)]
)
def test_only_what_took_place_counts(once: Lane, status: str, counts: int) -> None:
    done = once.proposals()["refund"]
    Proposal.objects.filter(pk=done.pk).update(status=status)
    assert len(find_earlier(done.same_key, refund())) == counts


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


@pytest.mark.parametrize(
    ("definition", "order", "said"),
    [("", "10412", "Done already on"), (TWO_REFUNDS, "10413", "Asked for twice here")],
)
def test_several_are_not_accepted_unread(
    lane: Lane, definition: str, order: str, said: str
) -> None:
    make_undoable(lane)
    actor = lane.world.staff(lane.client)
    change_tool(refund(), actor=actor, same_as="args.order")
    change_tool(
        Tool.objects.get(name="mail.send"),
        actor=actor,
        undo_tool="shop.cancel_refund",
        undo_args={"refund": "args.subject"},
    )
    if definition:
        lane.use(definition)
    lane.start(order_id=order)
    item = lane.item()
    (result,) = decide_all(
        [Picked(item.pk, item.content_hash)], "accept", actor=lane.client.actor()
    )
    assert said in result.problem
    assert "Look at it by itself." in result.problem
    assert lane.item().status == "waiting"


def test_an_edit_into_what_was_done_is_told_too(once: Lane) -> None:
    policy(once, OWNERS, refuse_same=True)
    once.start(order_id="10413")
    with pytest.raises(Refused, match="Your policy refuses"):
        once.say("correct", args={0: {"order": "10412"}})


def test_the_queue_and_the_api_mark_it(once: Lane) -> None:
    once.start()
    once.start(order_id="10413")
    page = text(inside(once.client).get("/review/"))
    assert page.count("done already?") == 1
    found = send(key_of(once.client), "GET", "/api/v1/review-items?status=waiting").json()[
        "results"
    ]
    told = {item["actions"][0]["args"]["order"]: item["actions"][0] for item in found}
    assert told["10412"]["done_before"] is True
    assert told["10413"]["done_before"] is False
    answer = send(key_of(once.client), "GET", "/api/v1/review-items?status=decided").json()
    (first,) = answer["results"]
    assert first["actions"][0]["done_before"] is False


# -- An edit that leads to what was done -----------------------------------------------------------


def test_who_edits_into_what_was_done_is_told_before_it_is_done(once: Lane) -> None:
    once.start(order_id="10413")
    item, edit = once.item(), {0: {"order": "10412"}}
    with pytest.raises(Conflict, match="Done already"):
        once.say("correct", args=edit)
    done = Proposal.objects.get(step="refund", status="executed")
    once.decide("correct", item=item, args=edit, knew=frozenset({str(done.item_id)}))
    assert refunds(once) == 2


def test_an_edit_comes_back_with_what_was_typed_and_can_be_sent_again(once: Lane) -> None:
    once.start(order_id="10413")
    item, client = once.item(), inside(once.client)
    done = Proposal.objects.get(step="refund", status="executed")
    typed = {
        "choice": "correct",
        "content_hash": item.content_hash,
        "arg-0-order": "10412",
    }
    asked = client.post(f"/review/{item.pk}/difference/", typed)
    assert "Done already on 17 Nov 2026" in text(asked)
    page = text(client.post(f"/review/{item.pk}/decide/", typed))
    assert "Done already on 17 Nov 2026" in page
    assert f'name="knew" value="{done.item_id}"' in page
    assert 'name="arg-0-order"' in page
    client.post(f"/review/{item.pk}/decide/", typed | {"knew": str(done.item_id)})
    outbox.drain()
    assert refunds(once) == 2


# -- Twice in one item -----------------------------------------------------------------------------


def test_two_actions_that_are_the_same_are_said_first(lane: Lane) -> None:
    make_same(lane)
    lane.use(TWO_REFUNDS)
    lane.start()
    item = lane.item()
    page = text(inside(lane.client).get(f"/review/{item.pk}/"))
    said = "Asked for twice here: Refund $48.20 to Mia Chen, and Refund $48.20 to Mia Chen."
    assert page.index(said) < page.index("If you approve:")
    assert text(inside(lane.client).get("/review/")).count("asked twice") == 1
    lane.decide()
    assert refunds(lane) == 2  # they were told, and meant it


def test_an_edit_that_makes_two_actions_the_same_is_told_first(lane: Lane) -> None:
    make_same(lane)
    lane.use(OTHER_REFUND)
    lane.start()
    assert "Asked for twice" not in text(inside(lane.client).get(f"/review/{lane.item().pk}/"))
    edit = {2: {"order": "10412"}}
    with pytest.raises(Conflict, match="Asked for twice here"):
        lane.say("correct", args=edit)
    lane.decide("correct", args=edit, knew=frozenset({str(lane.item().pk)}))
    assert refunds(lane) == 2


def test_a_policy_refuses_to_put_up_the_same_twice(lane: Lane) -> None:
    make_same(lane)
    policy(lane, OWNERS, kind="refund", refuse_same=True)
    lane.use(TWO_REFUNDS)
    lane.start()
    assert not ReviewItem.objects.filter(kind="proposal", status="waiting").exists()
    assert "Asked for twice here" in lane.exception().draft["problem"]


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


BY_ORDER = unsaved_tool("shop.refund", title="Refund", kind="refund", same_as="args.order")


@pytest.mark.parametrize(
    "args",
    [
        {"order": " 10412\n", "note": "other"},
        {"order": "１０４１２"},
        {"order": "10\u200b412"},
    ],
)
def test_the_key_reads_what_the_tool_names_as_people_read_it(args: dict[str, Any]) -> None:
    assert same_key(BY_ORDER, args) == same_key(BY_ORDER, {"order": "10412"})


def test_the_key_tells_apart_other_values_and_other_kinds_of_write() -> None:
    send = unsaved_tool("mail.send", kind="send", same_as="args.order")
    alike = {"order": "10412"}
    keys = {
        same_key(BY_ORDER, alike),
        same_key(BY_ORDER, {"order": "10413"}),
        same_key(BY_ORDER, {"order": 10412}),
        same_key(BY_ORDER, {"order": "104 12"}),
        same_key(send, alike),
    }
    assert len(keys) == 5
    assert {len(key) for key in keys} == {64}


@pytest.mark.parametrize("args", [{}, {"order": None}, {"order": ""}, {"order": " \u200b"}])
def test_what_names_nothing_is_like_no_other(args: dict[str, Any]) -> None:
    assert same_key(BY_ORDER, args) == ""
    assert same_key(unsaved_tool("a.b", same_as="[]"), args) == ""
    assert same_key(unsaved_tool("a.b"), {"order": "10412"}) == ""


def test_a_list_or_an_object_is_read_as_people_read_its_parts() -> None:
    tool = unsaved_tool("a.b", same_as="[args.a, args.b]")
    assert same_key(tool, {"a": " x ", "b": {"n ": ["y\u200b"]}}) == same_key(
        tool, {"a": "x", "b": {"n": ["y"]}}
    )


def test_what_was_done_is_told_with_its_day_in_the_clients_time_zone() -> None:
    late = datetime(2026, 11, 17, 23, 30, tzinfo=UTC)
    action = EarlierAction(uuid7(), "Refund $48.20", late, "Dana", is_sure=True)
    assert action.what == "Refund $48.20, approved by Dana."
    assert action.sentence(Tenant(timezone="UTC")) == (
        "Done already on 17 Nov 2026: Refund $48.20, approved by Dana."
    )
    assert action.when(Tenant(timezone="Europe/Berlin")) == "Done already on 18 Nov 2026"
    unsure = replace(action, is_sure=False)
    assert unsure.when(Tenant(timezone="UTC")) == "May have been done already on 17 Nov 2026"


def test_each_repeated_action_is_told_with_the_first_of_its_kind() -> None:
    note = unsaved_tool("log.note", title="Note")
    actions = [
        (BY_ORDER, {"order": "10412"}),
        (note, {"order": "10412"}),
        (BY_ORDER, {"order": "10413"}),
        (BY_ORDER, {"order": " 10412"}),
        (note, {"order": "10412"}),
    ]
    assert duplicate_sentences(actions) == ["Asked for twice here: Refund, and Refund."]
    assert duplicate_sentences(actions[:3]) == []

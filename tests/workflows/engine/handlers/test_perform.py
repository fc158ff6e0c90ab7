"""Every try of a call with an effect asks the gate: effect, undo and the undo's check (A9★)."""

from typing import Any

import pytest

from approvals.decisions.undo import ask_undo
from approvals.gate.never_rules import add_rule
from approvals.gate.tools import change_tool
from approvals.models import ReviewItem
from approvals.policies.services import add_policy
from approvals.rules.never import Rule
from approvals.rules.policy_terms import Group
from audit.models import Event
from tenants import access, clock
from tenants.errors import Refused
from tenants.models import Membership, User
from tenants.services.people import change_role, end_membership
from tenants.services.tenants import resume_everything, stop_everything
from tests.approvals.changes import (
    Change,
    disabled_tool,
    expired,
    lower_provider,
    lower_tenant,
    lower_workflow,
    never_rule,
    newer_policy,
    no_host,
    other_payload,
    tool,
)
from tests.lanes import Lane
from tests.policy_kit import OWNERS, both, dana, names, policy, second_owner, terms
from tests.undo_kit import make_undoable, paths, refunded
from tests.workflows.engine.tries_kit import wait
from tests.world import DEFINITION
from workflows.models import Call
from workflows.services.definitions import pause, publish, unpause
from workflows.services.runs import resume_run


def stricter_version(lane: Lane) -> None:
    text = DEFINITION.replace("args.amount.value > 20000", "args.amount.value > 100")
    publish(lane.workflow, text=text, actor=lane.world.staff(lane.client))


def lower_version(lane: Lane) -> None:
    text = DEFINITION.replace("rung: execute_with_approval", "rung: draft_only")
    publish(lane.workflow, text=text, actor=lane.world.staff(lane.client))


def other_address(lane: Lane) -> None:
    settings = tool("shop.refund").settings | {"url": f"{lane.shop.url}/elsewhere"}
    change_tool(tool("shop.refund"), actor=lane.world.staff(lane.client), settings=settings)


def approver_let_go(lane: Lane) -> None:
    sam = lane.client.actor(User.objects.get(email="sam@harbor-pine.example"))
    end_membership(Membership.objects.get(user=lane.client.owner).pk, actor=sam)


def approver_demoted(lane: Lane) -> None:
    sam = lane.client.actor(User.objects.get(email="sam@harbor-pine.example"))
    change_role(Membership.objects.get(user=lane.client.owner).pk, role="viewer", actor=sam)


def new_policy(lane: Lane) -> None:
    add_policy(terms(both(lane)), names(lane), actor=lane.client.actor())


CHANGES = [
    never_rule,
    lower_provider,
    lower_tenant,
    lower_workflow,
    stricter_version,
    lower_version,
    disabled_tool,
    other_address,
    no_host,
    approver_let_go,
    approver_demoted,
    new_policy,
    other_payload,
    newer_policy,
    expired,
]


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("status", [429, 503])
def test_what_changed_since_the_first_try_stops_the_second(
    lane: Lane, change: Change, status: int
) -> None:
    """Case A9★: surely nothing happened yet, so nothing happens."""
    second_owner(lane)
    first = iter([status])
    lane.shop.status = lambda request: next(first, 200)
    lane.start()
    lane.decide()
    assert len(lane.shop.requests) == 1
    assert lane.statuses()["refund"] == "executing"
    change(lane)
    wait(lane)
    assert len(lane.shop.requests) == 1
    assert lane.post.messages == []
    assert lane.statuses() == {"refund": "failed", "send": "cancelled"}
    assert "permit.refused" in lane.verbs()
    assert "did not happen" in lane.exception().draft["problem"]


def test_without_a_change_the_second_try_is_made(lane: Lane) -> None:
    first = iter([429])
    lane.shop.status = lambda request: next(first, 200)
    lane.start()
    lane.decide()
    wait(lane)
    assert [request["status"] for request in lane.shop.requests] == [429, 200]
    assert lane.statuses() == {"refund": "executed", "send": "executed"}


@pytest.mark.parametrize("change", [never_rule, disabled_tool, approver_let_go])
def test_where_a_try_may_have_acted_a_person_looks(lane: Lane, change: Change) -> None:
    """Case A9★ with D4: nothing is asked again, and nothing is said not to have happened."""
    second_owner(lane)
    change_tool(tool("shop.refund"), actor=lane.world.staff(lane.client), takes_key=True)
    lane.shop.status = 500
    lane.start()
    lane.decide()
    assert [call.status for call in lane.calls("tool")] == ["in_doubt", "intended"]
    change(lane)
    wait(lane)
    assert len(lane.shop.requests) == 1
    assert lane.statuses()["refund"] == "in_doubt"
    assert "may or may not have happened" in lane.exception().draft["problem"]


def test_a_retry_waits_out_a_stop_and_then_asks_the_gate(lane: Lane) -> None:
    first = iter([429])
    lane.shop.status = lambda request: next(first, 200)
    lane.start()
    lane.decide()
    stop_everything(actor=lane.client.actor())
    wait(lane)
    assert len(lane.shop.requests) == 1
    never_rule(lane)
    resume_everything(actor=lane.client.actor())
    wait(lane)
    assert len(lane.shop.requests) == 1
    assert lane.statuses()["refund"] == "failed"


# -- The policy's own question, at the effect (A10★) --------------------------------------------


def _sign(lane: Lane, *groups: Group, **more: Any) -> None:
    """Two owners sign; the first one's yes may be taken away before anything follows."""
    policy(lane, *groups, **more)
    lane.start()
    lane.say(actor=lane.client.actor(User.objects.get(email="sam@harbor-pine.example")))
    lane.say()


def _sam(lane: Lane) -> Membership:
    return Membership.objects.get(user__email="sam@harbor-pine.example")


def sam_demoted(lane: Lane) -> None:
    change_role(_sam(lane).pk, role="approver", actor=lane.client.actor())


def sam_demoted_and_granted(lane: Lane) -> None:
    sam_demoted(lane)
    access.grant(lane.workflow, _sam(lane).user, actor=lane.client.actor())


def sam_gone(lane: Lane) -> None:
    end_membership(_sam(lane).pk, actor=lane.client.actor())


def sam_disabled(lane: Lane) -> None:
    User.objects.filter(email="sam@harbor-pine.example").update(is_active=False)


def sam_of_the_provider(lane: Lane) -> None:
    User.objects.filter(email="sam@harbor-pine.example").update(is_staff=True, staff_role="admin")


@pytest.mark.parametrize(
    "change", [sam_demoted, sam_demoted_and_granted, sam_gone, sam_disabled, sam_of_the_provider]
)
def test_the_policys_groups_are_asked_again_at_the_effect(lane: Lane, change: Change) -> None:
    """Case A10★: two owners were asked for, so two who are owners now."""
    second_owner(lane)
    _sign(lane, Group(roles=("owner",), needed=2))
    change(lane)
    lane.pass_time(seconds=1)
    assert lane.shop.requests == []
    assert lane.statuses()["refund"] == "refused"
    assert "may no longer approve" in lane.exception().draft["problem"]


def test_a_grant_that_was_taken_counts_at_the_effect(lane: Lane) -> None:
    """Case A10★."""
    second_owner(lane)
    policy(lane, OWNERS, Group(roles=("approver",)))
    lane.start()
    lane.say(actor=dana(lane))
    lane.say()
    access.revoke(lane.workflow, lane.client.approver, actor=lane.client.actor())
    lane.pass_time(seconds=1)
    assert lane.shop.requests == []


def test_who_signed_another_text_does_not_stand_for_who_decided(lane: Lane) -> None:
    """A yes to what it said before an edit is no yes to what is done."""
    sam = second_owner(lane)
    policy(lane, both(lane), kind="refund", over=2500)
    lane.start()
    lane.say(actor=sam)  # $48.20: two of three are needed
    less = {0: {"amount": {"value": 100, "currency": "USD"}}}
    lane.say("correct", actor=dana(lane), args=less)  # $1: one is enough
    access.revoke(lane.workflow, lane.client.approver, actor=lane.client.actor())
    lane.pass_time(seconds=1)
    assert lane.shop.requests == []


# -- Undo ---------------------------------------------------------------------------------------


def other_cancel(lane: Lane) -> None:
    settings = tool("shop.cancel_refund").settings | {"url": f"{lane.shop.url}/elsewhere"}
    actor = lane.world.staff(lane.client)
    change_tool(tool("shop.cancel_refund"), actor=actor, settings=settings)


def other_check(lane: Lane) -> None:
    settings = tool("shop.refund_state").settings | {"url": f"{lane.shop.url}/elsewhere"}
    actor = lane.world.staff(lane.client)
    change_tool(tool("shop.refund_state"), actor=actor, settings=settings)


def other_declaration(lane: Lane) -> None:
    change_tool(tool("shop.refund"), actor=lane.world.staff(lane.client), undo_check={})


def no_edits(lane: Lane) -> None:
    add_rule(Rule(kind="edit", why="No edits."), actor=lane.world.staff(lane.client))


UNDO_CHANGES = [
    no_edits,
    lower_tenant,
    lower_workflow,
    lower_version,
    other_cancel,
    other_check,
    other_declaration,
    no_host,
    approver_let_go,
    expired,
]


@pytest.mark.parametrize("change", UNDO_CHANGES)
@pytest.mark.parametrize("path", ["/state", "/cancel"])
def test_every_try_of_an_undo_and_of_its_check_asks_the_gate(
    lane: Lane, change: Change, path: str
) -> None:
    """Case A9★."""
    second_owner(lane)
    make_undoable(lane)
    first = iter([429])
    lane.shop.status = lambda request: next(first, 200) if request["path"] == path else 200
    ask_undo(refunded(lane).pk, actor=lane.client.actor())
    lane.pass_time(seconds=1)
    assert paths(lane)[-1] == path
    made = len(lane.shop.requests)
    change(lane)
    wait(lane)
    if change is other_check and path == "/cancel":
        assert paths(lane)[made:] == ["/cancel"]  # its check had been made and answered
        return
    assert len(lane.shop.requests) == made
    assert lane.statuses()["refund"] == "executed"
    assert lane.undo_statuses()["refund"] in ("refused", "failed")
    assert "was not undone" in lane.exception().draft["problem"]


@pytest.mark.parametrize("halt", ["stop", "pause", "pause the run"])
@pytest.mark.parametrize("path", ["/state", "/cancel"])
def test_a_retried_undo_waits_while_everything_is_halted(lane: Lane, halt: str, path: str) -> None:
    """Case A9★: the kill switch and a pause hold an undo's second try too."""
    make_undoable(lane)
    first = iter([429])
    lane.shop.status = lambda request: next(first, 200) if request["path"] == path else 200
    ask_undo(refunded(lane).pk, actor=lane.client.actor())
    lane.pass_time(seconds=1)
    made, owner = len(lane.shop.requests), lane.client.actor()
    on, off = {
        "stop": (lambda: stop_everything(actor=owner), lambda: resume_everything(actor=owner)),
        "pause": (
            lambda: pause(lane.workflow, actor=owner),
            lambda: unpause(lane.workflow, actor=owner),
        ),
    }.get(halt, (lambda: _pause_run(lane), lambda: resume_run(lane.run().pk, actor=owner)))
    on()
    wait(lane)
    assert len(lane.shop.requests) == made
    off()
    wait(lane)
    assert lane.undo_statuses()["refund"] == "executed"


def _pause_run(lane: Lane) -> None:
    type(lane.run()).objects.update(paused_at=clock.now())


def test_an_undo_that_is_forbidden_is_not_even_asked_for(lane: Lane) -> None:
    make_undoable(lane)
    no_edits(lane)
    made = len(lane.shop.requests)
    with pytest.raises(Refused, match=r"No edits\."):
        ask_undo(refunded(lane).pk, actor=lane.client.actor())
    assert len(lane.shop.requests) == made
    assert not ReviewItem.objects.filter(kind="undo").exists()


def test_an_undo_that_was_forbidden_since_offers_no_way_that_leads_nowhere(lane: Lane) -> None:
    make_undoable(lane)
    ask_undo(refunded(lane).pk, actor=lane.client.actor())
    no_edits(lane)
    lane.pass_time(seconds=1)
    assert lane.exception().draft["options"] == ["close"]
    assert Event.objects.filter(verb="permit.refused").exists()
    assert not Call.objects.filter(name="shop.refund_state").exists()


@pytest.mark.parametrize("last", [503, 429, 422])
def test_a_try_that_failed_says_nothing_of_one_before_that_may_have_acted(
    lane: Lane, last: int
) -> None:
    """Case D4★: first nobody knows, then the shop is busy: that is no "did not happen"."""
    change_tool(tool("shop.refund"), actor=lane.world.staff(lane.client), takes_key=True)
    first = iter([500])
    lane.shop.status = lambda request: next(first, last)
    lane.start()
    lane.decide()
    wait(lane, 10)
    assert lane.statuses()["refund"] == "in_doubt"
    assert "may or may not have happened" in lane.exception().draft["problem"]
    assert "ask_again" not in lane.exception().draft["options"]


def test_what_a_tool_did_can_be_undone_after_it_was_switched_off(lane: Lane) -> None:
    make_undoable(lane)
    disabled_tool(lane)
    ask_undo(refunded(lane).pk, actor=lane.client.actor())
    lane.pass_time(seconds=1)
    assert lane.undo_statuses()["refund"] == "executed"

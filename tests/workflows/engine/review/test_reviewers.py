"""Policies at work: who is asked, how many must agree, and what time does."""

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from approvals.decisions.undo import ask_undo
from approvals.models import Decision, ItemRevision, ReviewItem
from approvals.policies.services import change_policy
from approvals.rules.policy_terms import Group
from audit import outbox
from audit.models import Event
from portal.links import Links
from portal.reports.drilldown import opened
from portal.reports.make import make_report
from tenants import access
from tenants.actors import Actor
from tenants.errors import Forbidden
from tenants.models import Membership
from tenants.roles import Capability
from tenants.services.keys import make_key
from tenants.services.people import change_role, end_membership
from tests.lanes import Lane
from tests.policy_kit import both, dana, names, policy, second_owner, terms, waits_for
from tests.undo_kit import make_undoable
from tests.world import REQUEST
from workflows.engine.handlers import stalls
from workflows.services.runs import start_run


def test_the_first_that_fits_says_who_is_asked(lane: Lane) -> None:
    policy(lane, over=100_000, currency="USD")
    fits = policy(lane, Group(people=(lane.client.approver.pk,)), kind="refund", over=2500)
    policy(lane)
    lane.start()
    item = lane.item()
    assert item.policy_id == fits.pk
    assert item.why == f"By your policy it needs {lane.client.approver}."
    with pytest.raises(Forbidden, match=f"This needs {lane.client.approver}."):
        lane.say()
    assert isinstance(lane.say(actor=dana(lane)), Decision)


def test_it_names_people_who_were_not_given_the_workflow(lane: Lane) -> None:
    access.revoke(lane.workflow, lane.client.approver, actor=lane.client.actor())
    policy(lane, Group(people=(lane.client.approver.pk,)))
    lane.start()
    item = lane.item()
    assert waits_for(dana(lane)) == [item]
    assert waits_for(lane.client.actor()) == []
    lane.decide(actor=dana(lane))
    assert lane.statuses() == {"refund": "executed", "send": "executed"}


@pytest.mark.parametrize("who", ["staff", "viewer", "system"])
def test_a_policy_lets_nobody_in_who_does_not_decide(lane: Lane, who: str) -> None:
    policy(lane)
    lane.start()
    actors = {
        "staff": lane.world.staff(lane.client),
        "viewer": lane.client.actor(lane.client.viewer),
        "system": Actor("key", lane.client.owner.pk, "a key"),
    }
    for choice in ("accept", "reject"):
        with pytest.raises(Forbidden):
            lane.say(choice, reason="unsafe", actor=actors[who])


def test_who_asked_does_not_approve(lane: Lane) -> None:
    """Case A5: in person."""
    policy(lane, Group(roles=("owner", "approver")), apart=True)
    lane.start()
    assert waits_for(lane.client.actor()) == []
    with pytest.raises(Forbidden, match="somebody else must approve") as refused:
        lane.say()
    assert refused.value.code == "apart"
    lane.decide(actor=dana(lane))
    assert lane.statuses() == {"refund": "executed", "send": "executed"}


def test_who_asked_with_a_key_does_not_approve(lane: Lane) -> None:
    """Case A5: with a key they made."""
    policy(lane, Group(roles=("owner", "approver")), apart=True)
    key, _ = make_key(name="shop", scopes=["runs:write"], actor=lane.client.actor())
    caller = Actor("key", key.pk, str(key), "", frozenset({Capability.START_RUNS}))
    start_run(lane.workflow, input=REQUEST, trigger="api", actor=caller)
    outbox.drain()
    with pytest.raises(Forbidden) as refused:
        lane.say()
    assert refused.value.code == "apart"
    lane.decide("reject", reason="unsafe")  # a no is always heard


def test_the_weekly_report_names_everybody_who_had_a_part(lane: Lane) -> None:
    policy(lane, Group(roles=("owner", "approver")), apart=True)
    sam = second_owner(lane)
    lane.start()
    lane.say("correct", actor=sam, draft="Sorry, Mia. You have your money back.")
    lane.decide(actor=dana(lane))
    lane.pass_time(days=7)
    report, tenant = make_report(date(2026, 11, 16)), lane.client.tenant
    found = opened(report, "corrected", Links(f"/t/{tenant.slug}"), ZoneInfo(tenant.timezone))
    assert found is not None
    (line,) = found.lines
    said = f"by {lane.client.approver}. Sam edited it"
    assert line.said == f"Refund replies · accepted after an edit {said}"


def test_a_larger_amount_falls_under_another_policy(lane: Lane) -> None:
    policy(lane, Group(people=(lane.client.approver.pk,)), kind="refund", over=5000)
    lane.start()
    item = lane.item()
    assert item.policy_id is None  # $48.20
    more = {0: {"amount": {"value": 5100, "currency": "USD"}}}
    assert isinstance(lane.say("correct", args=more), ItemRevision)
    assert lane.item().policy_id is not None
    lane.decide(actor=dana(lane))
    assert lane.proposals()["refund"].args["amount"]["value"] == 5100
    assert lane.statuses() == {"refund": "executed", "send": "executed"}


def test_an_edit_does_not_lead_around_the_roles(lane: Lane) -> None:
    """Whom only the policy lets in decides nothing that no policy holds."""
    access.revoke(lane.workflow, lane.client.approver, actor=lane.client.actor())
    policy(lane, Group(people=(lane.client.approver.pk,)), kind="refund", over=2500)
    lane.start()
    less = {0: {"amount": {"value": 100, "currency": "USD"}}}
    with pytest.raises(Forbidden):
        lane.say("correct", actor=dana(lane), args=less)
    assert lane.item().status == "waiting"
    assert lane.statuses() == {"refund": "proposed", "send": "proposed"}


def test_a_policy_changed_after_the_approval_is_asked_again(lane: Lane) -> None:
    made = policy(lane)
    lane.start()
    lane.say()
    change_policy(made.pk, terms(both(lane)), names(lane), actor=lane.client.actor())
    outbox.drain()
    assert lane.statuses()["refund"] == "refused"
    refused = Event.objects.filter(verb="permit.refused").first()
    assert refused is not None
    assert refused.reason == "The policy for this was changed after the approval."
    assert not lane.shop.requests


def test_an_undo_is_asked_for_by_one(lane: Lane) -> None:
    make_undoable(lane)
    policy(lane, both(lane))
    undo = ask_undo(ReviewItem.objects.get(kind="proposal").pk, actor=lane.client.actor())
    outbox.drain()
    assert undo.proposals.get().status == "executed"


def test_a_leavers_items_go_to_the_backup(lane: Lane) -> None:
    """Case L7: history keeps the name."""
    sam = second_owner(lane)
    assert sam.id is not None
    policy(
        lane,
        Group(people=(lane.client.approver.pk,)),
        backup=Group(people=(sam.id,)),
        backup_after=40,
    )
    lane.start()
    assert waits_for(sam) == []
    member = Membership.objects.get(user=lane.client.approver)
    end_membership(member.pk, actor=lane.client.actor())
    assert waits_for(sam) == [lane.item()]
    lane.decide(actor=sam)
    assert lane.statuses() == {"refund": "executed", "send": "executed"}


def test_nobody_eligible_is_an_alarm(lane: Lane) -> None:
    """Case L7: not silence, and over once somebody may decide again."""
    policy(lane, Group(people=(lane.client.approver.pk,)))
    lane.start()
    member = Membership.objects.get(user=lane.client.approver)
    change_role(member.pk, role="viewer", actor=lane.client.actor())
    look()
    assert lane.item().stranded_at is not None
    assert lane.verbs().count("item.stranded") == 1
    look()
    assert lane.verbs().count("item.stranded") == 1
    outbox.drain()
    told = {mail["to"][0] for mail in lane.post.messages}
    assert told == {lane.client.owner.email, lane.world.operator.email}
    change_role(member.pk, role="approver", actor=lane.client.actor())
    look()
    assert lane.item().stranded_at is None


def look() -> None:
    stalls.raise_stalled(None)  # type: ignore[arg-type]

"""Policies at work: who is asked, how many must agree, and what time does."""

from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from approvals.decisions.undo import ask_undo
from approvals.models import Decision, ItemRevision, Policy, ReviewItem, SignOff
from approvals.policies.absences import end_away, set_away
from approvals.policies.services import add_policy, change_policy, move_up, remove_policy
from approvals.review.selectors import queue_view
from approvals.rules.policy_sentences import Names
from approvals.rules.policy_terms import Group, PolicyTerms
from audit import outbox
from audit.models import Event, Outbox
from portal.links import Links
from portal.reports.drilldown import opened
from portal.reports.make import make_report
from tenants import access, clock
from tenants.actors import Actor
from tenants.errors import Conflict, Forbidden, Invalid
from tenants.ids import uuid7
from tenants.models import Membership, User
from tenants.roles import Capability
from tenants.services.keys import make_key
from tenants.services.people import add_member, change_role, end_membership
from tests.lanes import Lane
from tests.portal.review_kit import DRAFTS
from tests.workflows.test_undo import make_undoable
from tests.world import REQUEST
from workflows.engine.handlers import stalls
from workflows.services.runs import start_run

OWNERS = Group(roles=("owner",))


def names(lane: Lane) -> Names:
    people = {one.user_id: str(one.user) for one in Membership.objects.select_related("user")}
    return Names(people=people, workflows={lane.workflow.pk: lane.workflow.title})


def terms(*groups: Group, **more: Any) -> PolicyTerms:
    return PolicyTerms(uuid7(), 1, groups or (OWNERS,), **({"currency": "USD"} | more))


def policy(lane: Lane, *groups: Group, **more: Any) -> Policy:
    """Set a policy as the owner, and let what waits follow."""
    made = add_policy(terms(*groups, **more), names(lane), actor=lane.client.actor())
    outbox.drain()
    return made


def dana(lane: Lane) -> Actor:
    """An approver who was given the workflow."""
    return lane.client.actor(lane.client.approver)


def second_owner(lane: Lane, email: str = "sam@harbor-pine.example") -> Actor:
    user = User.objects.create_user(email, "correct horse battery staple", name="Sam")
    add_member(lane.client.tenant, user, role="owner")
    return lane.client.actor(user)


def waits_for(actor: Actor) -> list[ReviewItem]:
    return list(queue_view(actor).decidable())


def both(lane: Lane) -> Group:
    return Group(roles=("owner",), people=(lane.client.approver.pk,), needed=2)


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


def test_two_must_agree(lane: Lane) -> None:
    policy(lane, both(lane))
    lane.start()
    signed = lane.say()
    outbox.drain()
    assert isinstance(signed, SignOff)
    assert lane.item().status == "waiting"
    assert lane.permits() == []
    assert waits_for(lane.client.actor()) == []  # nothing is left for them to do
    with pytest.raises(Conflict, match="It still needs 1 more") as again:
        lane.say()
    assert again.value.code == "already_signed"
    decision = lane.decide(actor=dana(lane))
    assert decision.by_id == lane.client.approver.pk
    assert lane.statuses() == {"refund": "executed", "send": "executed"}
    assert [v for v in lane.verbs() if v.startswith("item.")] == [
        "item.opened",
        "item.signed",
        "item.accepted",
    ]


def test_one_no_is_enough(lane: Lane) -> None:
    policy(lane, both(lane))
    lane.start()
    lane.say()
    lane.decide("reject", reason="unsafe", actor=dana(lane))
    assert lane.statuses() == {"refund": "rejected", "send": "rejected"}


def test_one_person_with_two_accounts_is_one(lane: Lane) -> None:
    """Case A5."""
    local, _, host = lane.client.owner.email.partition("@")
    twin = second_owner(lane, f"{local}+too@{host}")
    policy(lane, both(lane))
    lane.start()
    lane.say()
    signed = lane.say(actor=twin)
    assert isinstance(signed, SignOff)  # kept, and no use
    lane.decide(actor=dana(lane))
    assert lane.statuses() == {"refund": "executed", "send": "executed"}


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


def test_who_edits_asks_another(lane: Lane) -> None:
    """Case A5: the editor does not count; the other sees and approves their version."""
    policy(lane, Group(roles=("owner", "approver")), apart=True)
    sam = second_owner(lane)
    lane.start()
    before = lane.item()
    edited = lane.say("correct", actor=sam, draft="Sorry, Mia. You have your money back.")
    assert isinstance(edited, ItemRevision)
    item = lane.item()
    assert item.content_hash != before.content_hash
    assert item.draft["text"] == "Sorry, Mia. You have your money back."
    with pytest.raises(Forbidden):
        lane.say(actor=sam)
    with pytest.raises(Conflict, match="changed since you looked"):
        lane.say(actor=dana(lane), item=before)
    decision = lane.decide(actor=dana(lane))
    assert decision.choice == "correct"
    assert decision.edit_distance == edited.edit_distance > 0
    (mail,) = lane.post.messages
    assert "You have your money back." in mail["text"]
    assert lane.run().outcome == "corrected"


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


def test_a_sign_off_counts_for_what_was_signed(lane: Lane) -> None:
    policy(lane, both(lane))
    lane.start()
    lane.say()
    lane.say("correct", actor=dana(lane), draft="Something else.")
    assert lane.item().status == "waiting"
    assert SignOff.objects.filter(content_hash=lane.item().content_hash).count() == 1  # Dana's
    lane.decide()
    assert Decision.objects.get().choice == "correct"


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


def test_a_signer_who_left_before_the_effect_does_not_count(lane: Lane) -> None:
    """Case A4, for each of several."""
    policy(lane, both(lane))
    sam = second_owner(lane)
    lane.start()
    lane.say(actor=sam)
    lane.say(actor=dana(lane))
    membership = Membership.objects.get(user_id=sam.id)
    end_membership(membership.pk, actor=lane.client.actor())
    outbox.drain()
    assert lane.statuses()["refund"] == "refused"


def test_an_undo_is_asked_for_by_one(lane: Lane) -> None:
    make_undoable(lane)
    policy(lane, both(lane))
    undo = ask_undo(ReviewItem.objects.get(kind="proposal").pk, actor=lane.client.actor())
    outbox.drain()
    assert undo.proposals.get().status == "executed"


# -- Time -----------------------------------------------------------------------------------


def test_working_hours_remind_escalate_and_end(lane: Lane) -> None:
    backup = Group(roles=("owner",))
    named = Group(people=(lane.client.approver.pk,))
    policy(lane, named, hours=8, backup=backup, backup_after=6)
    lane.start()
    item = lane.item()
    # Noon of a Tuesday, open until five: three hours are left of the eight.
    assert item.due_at - clock.now() == timedelta(hours=24)
    assert waits_for(lane.client.actor()) == []
    lane.pass_time(hours=4, minutes=1)
    assert "item.reminded" in lane.verbs()
    assert lane.item().escalated_at is None
    (mail,) = lane.post.messages
    assert mail["to"] == [lane.client.approver.email]
    assert mail["subject"].strip() == f"Harbor & Pine: waits for you: {item.title}"
    assert "I've refunded $48.20 to your card." in mail["text"]
    assert f"/t/harbor-pine/review/{item.pk}/" in mail["text"]
    lane.pass_time(hours=18)
    assert "item.escalated" in lane.verbs()
    assert waits_for(lane.client.actor()) == [lane.item()]
    assert [mail["to"] for mail in lane.post.messages[1:]] == [[lane.client.owner.email]]
    lane.pass_time(hours=2)
    assert ReviewItem.objects.get().status == "expired"
    assert lane.statuses() == {"refund": "expired", "send": "expired"}
    assert lane.verbs().count("item.reminded") == lane.verbs().count("item.escalated") == 1
    assert not Outbox.objects.filter(topic="item.expire").exists()


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


def test_a_stand_in_decides_while_somebody_is_away(lane: Lane) -> None:
    sam = second_owner(lane)
    policy(lane, Group(people=(lane.client.approver.pk,)))
    lane.start()
    today = date(2026, 11, 17)
    away = set_away(
        lane.client.approver.pk, today, today + timedelta(days=2), sam.id, actor=dana(lane)
    )
    assert waits_for(sam) == [lane.item()]
    with clock.at(clock.now() + timedelta(days=3)):
        assert waits_for(sam) == []
    end_away(away.pk, actor=dana(lane))
    assert waits_for(sam) == []


# -- Setting them ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"workflow_id": uuid7()}, "matches_nothing"),
        ({"tool": "shop.nothing"}, "matches_nothing"),
        ({"kind": "purchase"}, "matches_nothing"),
        ({"tool": "mail.send", "kind": "refund"}, "matches_nothing"),
        ({"over": -1}, "bad_amount"),
        ({"hours": 0}, "bad_hours"),
        ({"backup": OWNERS}, "no_hours"),
        ({"backup_after": 3}, "no_backup"),
        ({"backup": OWNERS, "backup_after": 8, "hours": 8}, "bad_hours"),
    ],
)
def test_a_policy_that_can_match_nothing_is_refused(lane: Lane, more: dict, code: str) -> None:
    """Case L6."""
    with pytest.raises(Invalid) as refused:
        policy(lane, **more)
    assert refused.value.code == code
    assert not Policy.objects.exists()


@pytest.mark.parametrize(
    ("group", "code"),
    [
        (Group(), "nobody"),
        (Group(roles=("viewer",)), "bad_role"),
        (Group(people=(uuid7(),)), "bad_person"),
        (Group(roles=("owner",), needed=2), "few"),
        (Group(roles=("owner",), needed=0), "bad_number"),
    ],
)
def test_a_policy_that_nobody_could_meet_is_refused(lane: Lane, group: Group, code: str) -> None:
    """Case L6."""
    with pytest.raises(Invalid) as refused:
        policy(lane, group)
    assert refused.value.code == code


def test_only_owners_set_policies(lane: Lane) -> None:
    with pytest.raises(Forbidden):
        add_policy(terms(), names(lane), actor=dana(lane))
    with pytest.raises(Forbidden):
        add_policy(terms(), names(lane), actor=lane.world.staff(lane.client))


def test_what_waits_follows_the_list(lane: Lane) -> None:
    lane.start()
    assert waits_for(dana(lane)) == [lane.item()]
    first = policy(lane)
    assert waits_for(dana(lane)) == []
    second = policy(lane, Group(people=(lane.client.approver.pk,)))
    move_up(second.pk, names(lane), actor=lane.client.actor())
    outbox.drain()
    assert lane.item().policy_id == second.pk
    assert waits_for(dana(lane)) == [lane.item()]
    for made in (first, second):
        remove_policy(made.pk, names(lane), actor=lane.client.actor())
    outbox.drain()
    assert lane.item().policy_id is None
    assert "policy.removed" in lane.verbs()


def test_what_is_asked_again_falls_under_the_policy_too(lane: Lane) -> None:
    made = policy(lane)
    lane.start()
    lane.say()
    change_policy(made.pk, terms(hours=8), names(lane), actor=lane.client.actor())
    outbox.drain()
    lane.resolve("ask_again")
    item = lane.item()
    assert item.policy_id == made.pk
    assert item.due_at - clock.now() == timedelta(hours=24)  # eight working hours from noon
    lane.decide()
    assert lane.statuses() == {"refund": "executed", "send": "executed"}


def test_what_nobody_decided_in_time_becomes_an_exception_where_the_policy_says_so(
    lane: Lane,
) -> None:
    policy(lane, hours=2, at_end="raise")
    lane.start()
    first = lane.item()
    lane.pass_time(hours=3)
    assert lane.statuses() == {"refund": "expired", "send": "expired"}
    assert lane.run().status == "failed"
    assert "Nobody decided in time" in lane.exception().draft["problem"]
    lane.resolve("ask_again")
    again = lane.item()
    assert (again.pk != first.pk, again.kind) == (True, "proposal")
    lane.decide()
    assert lane.run().status == "done"
    assert len(lane.shop.requests) == 1


def test_without_that_it_is_over(lane: Lane) -> None:
    policy(lane, hours=2)
    lane.start()
    lane.pass_time(hours=3)
    assert lane.run().status == "done"
    assert not ReviewItem.objects.filter(kind="exception").exists()


def test_a_draft_that_nobody_decided_is_over_all_the_same(lane: Lane) -> None:
    lane.use(DRAFTS)
    policy(lane, hours=2, at_end="raise")
    lane.start()
    lane.pass_time(hours=3)
    assert lane.run().status == "done"
    assert not ReviewItem.objects.filter(status="waiting").exists()

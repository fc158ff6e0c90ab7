"""A permit is redeemed once, and only while everything it rests on still holds."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import transaction
from django.db.utils import DatabaseError

from approvals.decisions.permits import redeem
from approvals.decisions.services import Choice, decide
from approvals.gate.never_rules import add_rule
from approvals.gate.tools import change_tool
from approvals.models import Permit, Proposal, ReviewItem, Tool
from approvals.queries import Case, case_to_perform
from approvals.rules.never import Rule
from audit import outbox
from audit.canonical import sha256
from tenants import access, clock
from tenants.db import unit_of_work
from tenants.errors import Conflict, Forbidden, NotFound, Refused
from tenants.models import ApiKey, Membership, Provider, Source, Tenant, User
from tenants.roles import Capability
from tenants.scope import tenant_scope
from tenants.services.keys import make_key
from tenants.services.people import change_role, end_membership
from tenants.services.tenants import stop_everything
from tenants.sources.services import add_revision
from tests.lanes import Lane
from workflows.engine.state.context import lock_context
from workflows.models import Circuit
from workflows.services.definitions import change_rung, pause

Change = Callable[[Lane], object]


def tool(name: str) -> Tool:
    return Tool.objects.get(name=name)


def newer_policy(lane: Lane) -> None:
    add_revision(
        Source.objects.get(name="returns-policy"),
        filename="returns.md",
        content=b"# Returns policy\n\nDamaged items are no longer refunded. Not one of them.",
        actor=lane.client.actor(),
    )


def stale_policy(lane: Lane) -> None:
    Source.objects.filter(name="returns-policy").update(
        verified_at=clock.now() - timedelta(days=91)
    )


def new_tool_version(lane: Lane) -> None:
    change_tool(tool("shop.refund"), actor=lane.world.staff(lane.client), title="New shop refund")


def disabled_tool(lane: Lane) -> None:
    change_tool(tool("shop.refund"), actor=lane.world.staff(lane.client), enabled=False)


def other_payload(lane: Lane) -> None:
    proposal = lane.proposals()["refund"]
    args = proposal.args | {"amount": {"value": 19_999, "currency": "USD"}}
    Proposal.objects.filter(pk=proposal.pk).update(args=args)


def other_payload_and_hash(lane: Lane) -> None:
    proposal = lane.proposals()["refund"]
    args = proposal.args | {"order": "10413"}
    Proposal.objects.filter(pk=proposal.pk).update(args=args, args_hash=sha256(args))


def never_rule(lane: Lane) -> None:
    add_rule(Rule(kind="refund", why="Not this week."), actor=lane.world.staff(lane.client))


def lower_provider(lane: Lane) -> None:
    Provider.objects.update(rung="recommend_and_route")


def lower_tenant(lane: Lane) -> None:
    Tenant.objects.filter(pk=lane.client.tenant.pk).update(rung="draft_only")


def lower_workflow(lane: Lane) -> None:
    change_rung(lane.workflow, rung="never_execute", actor=lane.world.staff(lane.client))


def paused(lane: Lane) -> None:
    pause(lane.workflow, actor=lane.client.actor())


def stopped(lane: Lane) -> None:
    stop_everything(actor=lane.client.actor())


def provider_stopped(lane: Lane) -> None:
    Provider.objects.update(stopped_at=clock.now())


def expired(lane: Lane) -> None:
    clock.pass_time(timedelta(hours=24))


def demoted(lane: Lane) -> None:
    other = Membership.objects.get(user=lane.client.approver)
    owner = lane.client.actor()
    change_role(other.pk, role="owner", actor=owner)
    change_role(Membership.objects.get(user=lane.client.owner).pk, role="viewer", actor=owner)


def membership_ended(lane: Lane) -> None:
    other = Membership.objects.get(user=lane.client.approver)
    owner = lane.client.actor()
    change_role(other.pk, role="owner", actor=owner)
    end_membership(Membership.objects.get(user=lane.client.owner).pk, actor=owner)


def user_disabled(lane: Lane) -> None:
    User.objects.filter(pk=lane.client.owner.pk).update(is_active=False)


def nothing_left_behind(lane: Lane) -> None:
    assert lane.shop.requests == []
    assert lane.post.messages == []


# -- Between seeing and approving (case A1) ------------------------------------------------


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (new_tool_version, Conflict),
        (disabled_tool, Conflict),
        (newer_policy, Refused),
        (stale_policy, Refused),
    ],
)
def test_what_changed_since_it_was_seen_can_not_be_approved(
    lane: Lane, change: Change, error: type[Exception]
) -> None:
    """Case A1★."""
    lane.start()
    change(lane)
    with pytest.raises(error) as refused:
        lane.say()
    assert refused.value.status == 409  # type: ignore[attr-defined]
    assert lane.item().status == "waiting"
    lane.decide("reject", reason="stale_source")  # saying no is always possible
    nothing_left_behind(lane)


@pytest.mark.parametrize("change", [other_payload_and_hash, other_payload])
def test_a_payload_changed_behind_the_persons_back_is_not_done(lane: Lane, change: Change) -> None:
    """Case A1★: what is approved is what was shown, whoever touched the row."""
    lane.start()
    change(lane)
    with pytest.raises(Conflict) as refused:
        lane.say()
    assert refused.value.code == "changed"
    nothing_left_behind(lane)


def test_content_of_another_item_can_not_be_approved(lane: Lane) -> None:
    lane.start()
    item = lane.item()
    chosen = Choice("accept", content_hash=sha256({"draft": {}, "proposals": []}))
    with pytest.raises(Conflict) as refused:
        decide(item.pk, chosen, actor=lane.client.actor())
    assert refused.value.code == "changed"


# -- Between approving and doing (cases A1, A4, A6) ----------------------------------------


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (other_payload, "not what was approved"),
        (other_payload_and_hash, "not what was approved"),
        (new_tool_version, "was changed after the approval"),
        (disabled_tool, "was changed after the approval"),
        (newer_policy, "Returns policy changed or went stale"),
        (stale_policy, "Returns policy changed or went stale"),
        (demoted, "may no longer approve"),
        (membership_ended, "may no longer approve"),
        (user_disabled, "may no longer approve"),
        (stopped, "has stopped everything"),
        (provider_stopped, "has stopped all work"),
        (paused, "is paused"),
        (never_rule, "Not this week."),
        (lower_provider, "rung “recommend and route”"),
        (lower_tenant, "rung “draft only”"),
        (lower_workflow, "rung “never execute”"),
        (expired, "ran out before"),
    ],
)
def test_what_changed_after_the_approval_stops_the_effect(
    lane: Lane, change: Change, said: str
) -> None:
    """Cases A1★, A4★, A6."""
    lane.start()
    lane.say()
    change(lane)
    outbox.drain()
    nothing_left_behind(lane)
    assert lane.statuses() == {"refund": "refused", "send": "cancelled"}
    assert lane.permits() == ["void", "void"]
    refused = Permit.objects.get(proposal__step="refund")
    assert said in refused.void_because
    exception = lane.exception()
    assert said in exception.draft["problem"]
    # Asking again leads nowhere past a rule or a rung, so it is not offered.
    forbidden = change in (never_rule, lower_provider, lower_tenant, lower_workflow)
    first = [] if forbidden else ["ask_again"]
    assert exception.draft["options"] == [*first, "skip", "hand", "cancel", "close"]
    assert "permit.refused" in lane.verbs()
    assert "effect.started" not in lane.verbs()
    # Undoing the change later brings nothing back to life.
    lane.pass_time(minutes=5)
    nothing_left_behind(lane)


def test_a_change_between_two_effects_stops_the_second(lane: Lane) -> None:
    """Case A6: each effect asks again."""
    now = clock.now()
    Circuit.objects.create(
        kind="tool", name="mail.send", failures=5, failed_at=now, opens=1, opened_at=now
    )
    lane.start()
    lane.decide()
    assert lane.statuses() == {"refund": "executed", "send": "approved"}  # mail rests for a while
    lower_workflow(lane)
    lane.pass_time(minutes=1)
    assert lane.statuses() == {"refund": "executed", "send": "refused"}
    assert lane.post.messages == []
    assert lane.run().outcome == "partial"


# -- Before approving (line 9) ----------------------------------------------------------------


def no_host(lane: Lane) -> None:
    Tenant.objects.filter(pk=lane.client.tenant.pk).update(allowed_hosts=[])


def secret_gone(lane: Lane) -> None:
    refund = tool("shop.refund")
    Tool.objects.filter(pk=refund.pk).update(
        settings={**refund.settings, "headers": {"Authorization": "secret:shop-key"}}
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (never_rule, "Not this week."),
        (lower_provider, "rung “recommend and route”"),
        (lower_tenant, "rung “draft only”"),
        (lower_workflow, "rung “never execute”"),
        (stopped, "has stopped everything"),
        (provider_stopped, "has stopped all work"),
        (paused, "is paused"),
        (no_host, "allowed hosts"),
        (secret_gone, "shop-key is not kept"),
    ],
)
@pytest.mark.parametrize("choice", ["accept", "correct"])
def test_nobody_says_yes_in_vain(lane: Lane, change: Change, said: str, choice: str) -> None:
    """Case A6: asked when somebody signs or edits, not only once all of them have."""
    lane.start()
    change(lane)
    with pytest.raises(Refused, match=said):
        lane.say(choice, draft="Sorry, Mia." if choice == "correct" else None)
    assert lane.item().status == "waiting"
    assert lane.permits() == []
    lane.decide("reject", reason="unsafe")
    nothing_left_behind(lane)


def test_an_edit_into_what_a_rule_forbids_is_refused_at_once(lane: Lane) -> None:
    lane.start()
    with pytest.raises(Refused, match="Dana handles large refunds"):
        lane.say("correct", args={0: {"amount": {"value": 30_000, "currency": "USD"}}})
    assert lane.item().status == "waiting"
    assert lane.statuses() == {"refund": "proposed", "send": "proposed"}


@pytest.mark.parametrize("change", [no_host, secret_gone])
def test_what_could_not_be_called_is_never_put_up(lane: Lane, change: Change) -> None:
    change(lane)
    lane.start()
    assert not Proposal.objects.exists()
    assert "Shop refund" in lane.exception().draft["problem"]


@pytest.mark.parametrize("change", [no_host, secret_gone])
def test_what_can_no_longer_be_called_uses_no_permit_up(lane: Lane, change: Change) -> None:
    lane.start()
    lane.say()
    change(lane)
    outbox.drain()
    nothing_left_behind(lane)
    assert lane.statuses() == {"refund": "refused", "send": "cancelled"}


def test_asking_again_for_what_is_forbidden_by_then_is_refused_with_words(lane: Lane) -> None:
    lane.start()
    lane.say()
    newer_policy(lane)
    outbox.drain()
    never_rule(lane)
    lane.resolve("ask_again")
    assert not ReviewItem.objects.filter(status="waiting", kind="proposal").exists()
    again = lane.exception()
    assert "Not this week." in again.draft["problem"]
    assert "ask_again" not in again.draft["options"]


def test_asking_again_after_a_refusal_rests_on_the_sources_as_they_are_now(lane: Lane) -> None:
    """Case A7: stale, asked again."""
    lane.start()
    lane.say()
    newer_policy(lane)
    outbox.drain()
    lane.resolve("ask_again")
    newest = str(Source.objects.get(name="returns-policy").revision_id)
    assert all(newest in p.sources for p in lane.item().proposals.all())
    lane.decide()
    assert len(lane.shop.requests) == len(lane.post.messages) == 1
    assert lane.run().status == "done"


def _refund_case() -> Case:
    case = case_to_perform(Proposal.objects.get(step="refund").item_id)
    assert case is not None
    return case


def _refund(case: Case) -> Proposal:
    return next(p for p in case.proposals if p.step == "refund")


# -- Once ----------------------------------------------------------------------------------


def test_a_permit_is_redeemed_once(lane: Lane) -> None:
    run = lane.start()
    lane.say()
    context = lock_context(run.pk)
    assert context is not None
    early, late = _refund_case(), _refund_case()
    assert redeem(_refund(early), context.workflow_gate(), early, context.gate_context) == ""
    unit_of_work.send_kept()
    proposal = _refund(early)
    with pytest.raises(Conflict), unit_of_work.sent_at_end():  # both saw the permit open
        redeem(_refund(late), context.workflow_gate(), late, context.gate_context)
    again = _refund_case()
    with pytest.raises(Conflict):  # it is executing, so it can't be refused either
        redeem(_refund(again), context.workflow_gate(), again, context.gate_context)
    assert Permit.objects.get(proposal=proposal).status == "redeemed"


def test_without_a_permit_nothing_is_redeemed(lane: Lane) -> None:
    run = lane.start()
    lane.say()
    Permit.objects.update(status="void", void_because="Withdrawn.")
    context = lock_context(run.pk)
    assert context is not None
    case = _refund_case()
    said = redeem(_refund(case), context.workflow_gate(), case, context.gate_context)
    assert "No open permit" in said
    assert lane.statuses()["refund"] == "refused"


def test_the_database_allows_one_live_permit_and_one_decision(lane: Lane) -> None:
    lane.start()
    decision = lane.say()
    permit = Permit.objects.get(proposal__step="refund")
    second = Permit.objects.get(pk=permit.pk)
    second.pk = None
    second.id = ReviewItem._meta.pk.default()  # type: ignore[union-attr,misc]
    with pytest.raises(DatabaseError, match="one_live_permit"), transaction.atomic():
        second.save(force_insert=True)
    decision.id = ReviewItem._meta.pk.default()  # type: ignore[union-attr,misc]
    with pytest.raises(DatabaseError, match="decided_once"), transaction.atomic():
        decision.save(force_insert=True)
    with pytest.raises(DatabaseError, match="redeemed_means"), transaction.atomic():
        Permit.objects.update(status="redeemed")
    with pytest.raises(DatabaseError, match="decided_means"), transaction.atomic():
        ReviewItem.objects.update(choice="")


# -- Who -----------------------------------------------------------------------------------


def test_machines_and_staff_never_decide(lane: Lane) -> None:
    from tenants.actors import SYSTEM, Actor

    lane.start()
    item = lane.item()
    everything = frozenset(Capability)
    key, _ = make_key(name="shop", scopes=["runs:write"], actor=lane.client.actor())
    machines = [
        SYSTEM,
        Actor("system", None, "Handrail", "owner", everything, everything),
        Actor("key", key.pk, "shop key", "owner", everything, everything),
        Actor("key", lane.client.owner.pk, "shop key", "owner", everything, everything),
    ]
    staff = [
        lane.world.staff(lane.client, u)
        for u in (lane.world.admin, lane.world.operator, lane.world.reviewer)
    ]
    for actor in (*machines, *staff):
        for choice in ("accept", "reject"):
            with pytest.raises(Forbidden):
                lane.say(choice, item=item, actor=actor, reason="tone")
    assert ApiKey.objects.exists()
    assert lane.item().status == "waiting"


def test_only_roles_that_may_decide_do(lane: Lane) -> None:
    lane.start()
    with pytest.raises(Forbidden):
        lane.say(actor=lane.client.actor(lane.client.viewer))
    stranger = lane.world.quill.owner
    assert access.actor_in(stranger, lane.client.tenant) is None
    access.revoke(lane.workflow, lane.client.approver, actor=lane.client.actor())
    with pytest.raises(Forbidden):
        lane.say(actor=lane.client.actor(lane.client.approver))
    access.grant(lane.workflow, lane.client.approver, actor=lane.client.actor())
    lane.decide(actor=lane.client.actor(lane.client.approver))
    assert len(lane.shop.requests) == 1


def test_a_grant_taken_back_after_the_approval_stops_the_effect(lane: Lane) -> None:
    """Case A4★."""
    lane.start()
    lane.say(actor=lane.client.actor(lane.client.approver))
    access.revoke(lane.workflow, lane.client.approver, actor=lane.client.actor())
    outbox.drain()
    nothing_left_behind(lane)
    assert "may no longer approve" in lane.exception().draft["problem"]


def test_an_item_of_another_client_is_not_there(lane: Lane) -> None:
    lane.start()
    item = lane.item()
    quill = lane.world.quill
    with tenant_scope(quill.tenant.pk), pytest.raises(NotFound):
        decide(item.pk, Choice("accept", content_hash=item.content_hash), actor=quill.actor())


def test_deciding_twice_says_who_was_first(lane: Lane) -> None:
    lane.start()
    item = lane.item()
    lane.say("reject", reason="tone")
    with pytest.raises(Conflict) as refused:
        lane.say(item=item)
    assert refused.value.code == "already_decided"
    assert "Owner Harbor & Pine decided this already: rejected." in refused.value.message

"""A permit is redeemed once, and only while everything it rests on still holds."""

import pytest

from approvals.decisions.permits import redeem
from approvals.models import Permit, Proposal, ReviewItem
from approvals.queries import Case, case_to_perform
from audit import outbox
from tenants import access, clock
from tenants.db import unit_of_work
from tenants.errors import Conflict
from tenants.models import Source
from tests.approvals.changes import (
    Change,
    demoted,
    disabled_tool,
    expired,
    lower_provider,
    lower_tenant,
    lower_workflow,
    membership_ended,
    never_rule,
    new_tool_version,
    newer_policy,
    no_host,
    nothing_left_behind,
    other_payload,
    other_payload_and_hash,
    paused,
    provider_stopped,
    secret_gone,
    stale_policy,
    stopped,
    user_disabled,
)
from tests.lanes import Lane
from workflows.engine.state.context import lock_context
from workflows.models import Circuit


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


def test_a_grant_taken_back_after_the_approval_stops_the_effect(lane: Lane) -> None:
    """Case A4★."""
    lane.start()
    lane.say(actor=lane.client.actor(lane.client.approver))
    access.revoke(lane.workflow, lane.client.approver, actor=lane.client.actor())
    outbox.drain()
    nothing_left_behind(lane)
    assert "may no longer approve" in lane.exception().draft["problem"]

"""Never-rules and rung of the live version hold for runs and re-runs of older ones (A12★)."""

import pytest

from approvals.models import Proposal, ReviewItem
from audit import outbox
from audit.models import Event
from tenants import clock
from tenants.errors import Refused
from tenants.models import Source
from tests.lanes import Lane
from tests.world import DEFINITION
from workflows.services.definitions import publish
from workflows.services.rerun import rerun
from workflows.services.runs import cancel_run

STRICT = DEFINITION.replace("args.amount.value > 20000", "args.amount.value > 100")
LOWER = DEFINITION.replace("rung: execute_with_approval", "rung: draft_only")
ONE_STEP = DEFINITION.replace("tool: shop.refund\n", "tool: shop.refund\n      rung: draft_only\n")
OLDER = pytest.mark.parametrize(
    "text", [STRICT, LOWER, ONE_STEP], ids=["never-rule", "rung", "rung of a step"]
)


def tighten(lane: Lane, text: str) -> None:
    assert text != DEFINITION
    publish(lane.workflow, text=text, actor=lane.world.staff(lane.client), note="tighter")


def nothing_happened(lane: Lane) -> None:
    assert lane.shop.requests == []
    assert not Proposal.objects.filter(tool_name="shop.refund", status="executed").exists()


@OLDER
def test_what_is_held_after_the_change(lane: Lane, text: str) -> None:
    """A run of the old version that puts its actions up only now."""
    lane.start()
    lane.decide("reject", reason="tone")
    run = lane.run()
    tighten(lane, text)
    rerun(run.pk, step="facts", actor=lane.client.actor())
    outbox.drain()
    again = lane.run()
    assert again.version.number == 1
    proposals = Proposal.objects.filter(run_id=again.pk)
    assert not proposals.filter(tool_name="shop.refund").exists()
    nothing_happened(lane)


@OLDER
def test_what_is_signed_after_the_change(lane: Lane, text: str) -> None:
    lane.start()
    tighten(lane, text)
    with pytest.raises(Refused):
        lane.say()
    assert lane.item().status == "waiting"
    nothing_happened(lane)


@OLDER
def test_what_is_carried_out_after_the_change(lane: Lane, text: str) -> None:
    lane.start()
    lane.say()
    tighten(lane, text)
    outbox.drain()
    assert lane.statuses()["refund"] == "refused"
    nothing_happened(lane)


def test_a_wider_version_widens_nothing_for_older_runs(lane: Lane) -> None:
    tighten(lane, STRICT)
    lane.start()
    assert not ReviewItem.objects.filter(kind="proposal").exists()
    run = lane.run()
    cancel_run(run.pk, actor=lane.client.actor())
    publish(lane.workflow, text=DEFINITION, actor=lane.world.staff(lane.client), note="wider")
    Source.objects.update(verified_at=clock.now())
    rerun(run.pk, step="facts", actor=lane.client.actor())
    outbox.drain()
    nothing_happened(lane)
    refused = Event.objects.filter(verb="step.refused")
    assert refused.exists()
    assert all("Dana handles large refunds." in event.reason for event in refused)

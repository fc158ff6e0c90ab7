"""The form of a proposed action is filled for the people who decide, and never sent for it."""

from collections.abc import Iterator

import pytest

from approvals.decisions.withdrawal import withdraw_decision
from approvals.models import Proposal
from audit import outbox
from audit.models import Outbox
from tenants.services.tenants import resume_everything, stop_everything
from tests.fakes.pages import PageServer
from tests.lanes import Lane
from tests.workflows.browser.page_kit import FORM, NEEDS_CHROMIUM, PIN, SENT, refunding
from workflows.browser.forms import PageForm
from workflows.engine.handlers import form_shown
from workflows.engine.review.gate_lookup import PREVIEW
from workflows.models import FormPreview
from workflows.services.runs import start_run

pytestmark = NEEDS_CHROMIUM


@pytest.fixture
def site() -> Iterator[PageServer]:
    with PageServer({"/": FORM, "/send": SENT}) as made:
        yield made


def held(lane: Lane, site: PageServer) -> Proposal:
    """A refund by a page that waits for a person."""
    refunding(lane, site, "execute_with_approval")
    lane.start(message="10412")
    return lane.proposals()["refund"]


def test_a_held_action_has_its_form_and_picture(lane: Lane, site: PageServer) -> None:
    proposal = held(lane, site)
    assert proposal.status == "proposed"
    kept = FormPreview.objects.get(proposal=proposal)
    assert kept.problem == ""
    assert bytes(kept.content)[:2] == b"\xff\xd8"
    said = {one.title: one.said for one in PageForm.read(kept.form).seen}
    assert said["Order"] == "10412"
    assert said["PIN"] == "covered, as it is a secret"
    assert PIN not in str(kept.form)
    assert site.asked("POST") == []


def test_a_form_that_changed_after_the_approval_goes_to_a_person(
    lane: Lane, site: PageServer
) -> None:
    held(lane, site)
    site.pages["/"] = FORM.replace(b"action=/send", b"action=/send/all")
    lane.decide()
    assert lane.statuses() == {"refund": "failed"}
    assert site.asked("POST") == []
    raised = lane.exception()
    assert raised.draft["cause"] == "form_changed"
    assert "another address" in raised.title + str(raised.draft)
    lane.resolve("ask_again")
    again = lane.proposals()["refund"]
    shown = PageForm.read(FormPreview.objects.get(proposal=again).form)
    assert shown.address == f"{site.url}/send/all"
    site.pages["/send/all"] = SENT
    lane.decide()
    assert lane.statuses() == {"refund": "executed"}
    assert [path for path, _ in site.asked("POST")] == ["/send/all"]


def test_a_form_that_cannot_be_filled_leaves_the_action_to_people(
    lane: Lane, site: PageServer
) -> None:
    site.pages["/"] = FORM.replace(b"Order <input", b"Number <input")
    proposal = held(lane, site)
    kept = FormPreview.objects.get(proposal=proposal)
    assert (kept.form, bytes(kept.content)) == (None, b"")
    assert kept.problem == "The page shows no “Order”."
    site.pages["/"] = FORM
    lane.decide()
    assert lane.statuses() == {"refund": "executed"}


def proposed(lane: Lane, site: PageServer) -> Proposal:
    """A refund by a page that waits for a person, and whose form nobody has filled yet."""
    refunding(lane, site, "execute_with_approval")
    start_run(lane.workflow, input={"message": "10412"}, trigger="api", actor=lane.client.actor())
    outbox.handle(Outbox.objects.get(topic="run.advance").pk)
    return lane.proposals()["refund"]


def test_no_form_is_filled_while_the_client_is_stopped(lane: Lane, site: PageServer) -> None:
    proposal = proposed(lane, site)
    stop_everything(actor=lane.client.actor(), reason="look")
    outbox.drain()
    assert site.requests == []
    resume_everything(actor=lane.client.actor())
    lane.pass_time(seconds=30)
    assert FormPreview.objects.get(proposal=proposal).form


@pytest.mark.parametrize("choice", ["reject", "correct"])
def test_a_decision_that_was_taken_back_leaves_a_form_to_be_filled(
    lane: Lane, site: PageServer, choice: str
) -> None:
    proposal = proposed(lane, site)
    tenant = lane.client.tenant
    tenant.take_back_seconds = 60
    tenant.save(update_fields=["take_back_seconds"])
    given = {"reason": "not_needed"} if choice == "reject" else {"args": {0: {"order": "99"}}}
    lane.decide(choice, **given)
    assert not FormPreview.objects.exists()
    withdraw_decision(proposal.item_id, actor=lane.client.actor())
    outbox.drain()
    shown = PageForm.read(FormPreview.objects.get(proposal=proposal).form)
    assert shown.seen[0].said == "10412"
    assert site.asked("POST") == []


def test_no_form_is_filled_for_what_was_decided(lane: Lane, site: PageServer) -> None:
    proposed(lane, site)
    lane.decide("reject", reason="not_needed")
    assert site.requests == []
    assert not FormPreview.objects.exists()


def test_what_stands_against_the_call_stands_against_its_form(lane: Lane, site: PageServer) -> None:
    proposal = proposed(lane, site)
    lane.client.tenant.allowed_hosts = []
    lane.client.tenant.save(update_fields=["allowed_hosts"])
    outbox.drain()
    assert site.requests == []
    assert "allowed hosts" in FormPreview.objects.get(proposal=proposal).problem


def test_a_preview_that_fails_again_and_again_is_noted(lane: Lane, site: PageServer) -> None:
    proposal = proposed(lane, site)
    row = Outbox.objects.get(topic=PREVIEW)
    claim = outbox.Claim(row.pk, row.tenant_id, PREVIEW, proposal.pk, 1)
    form_shown.note_failed_preview(claim, "it broke")
    form_shown.note_failed_preview(claim, "it broke")
    assert FormPreview.objects.get(proposal=proposal).form is None
    assert form_shown.begin_preview(claim) is None

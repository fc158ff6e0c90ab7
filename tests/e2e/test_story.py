"""The main job, end to end: request, draft, decision in a browser, effect, record, report.

Web, worker, shop, mailbox and model are processes of their own.
"""

import json
import urllib.request
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from approvals.models import ReviewItem
from portal.reports.make import make_report
from portal.reports.models import Report
from portal.servers.process import Child
from tenants import clock
from tenants.scope import tenant_scope
from tenants.services.keys import make_key
from tests.e2e import outside
from tests.processes import Processes, processes, wait_until
from tests.world import PASSWORD, REQUEST, Client, make_world
from workflows.models import Call, Run

pytestmark = [pytest.mark.usefixtures("committed"), pytest.mark.xdist_group("browser")]
ADDED = "Please write to us if anything else is wrong."


class Story:
    """One client, its outside world, and Handrail's processes."""

    def __init__(self, run: Processes, *, slow: bool = False) -> None:
        self.run = run
        delay = ["--delay", "1.5"] if slow else []
        self.shop = outside.start(run, "sink", *delay)
        self.post = outside.start(run, "smtp")
        self.model = outside.start(run, "model", *delay)
        run.env |= outside.model_environment(self.model)
        run.env |= {"HANDRAIL_SMTP_HOST": "127.0.0.1", "HANDRAIL_SMTP_PORT": str(self.post.port)}
        self.client: Client = make_world(shop=self.shop.host).harbor
        self.client.owner.set_password(PASSWORD)
        self.client.owner.save()
        self.web = run.web()
        self.worker: Child = run.worker()

    def ask(self) -> str:
        """A client system starts a run over the API; returns the run's id."""
        with tenant_scope(self.client.tenant.pk):
            _, key = make_key(name="Inbox", scopes=["runs:write"], actor=self.client.actor())
        request = urllib.request.Request(
            f"{self.web}/api/v1/runs",
            data=json.dumps({"workflow": "refund-replies", "input": REQUEST}).encode(),
            headers={
                "Authorization": f"Bearer {key}",
                "Content-Type": "application/json",
                "Idempotency-Key": "mail-1",
            },
        )
        answers = [json.load(urllib.request.urlopen(request, timeout=10)) for _ in range(2)]
        assert answers[0]["id"] == answers[1]["id"], "the same key started two runs"
        return str(answers[0]["id"])

    def kill_worker(self, when: Callable[[], bool], what: str) -> None:
        """End the worker like a power cut once ``when``, and start another."""
        wait_until(when, seconds=40, what=what)
        self.worker.kill()
        self.worker = self.run.worker()

    def address(self, path: str) -> str:
        """A page of the client."""
        return f"{self.web}/t/{self.client.tenant.slug}/{path}"

    def waits(self) -> bool:
        """Whether the draft and proposal are in the queue."""
        with tenant_scope(self.client.tenant.pk):
            return ReviewItem.objects.filter(status="waiting").exists()

    def ended(self) -> bool:
        """Whether the run is done."""
        with tenant_scope(self.client.tenant.pk):
            return Run.objects.filter(status="done").exists()


def sign_in(page: Page, story: Story) -> None:
    """As the owner would, sent to the sign-in page by the queue."""
    page.goto(story.address("review/"))
    page.get_by_label("Email").first.fill(story.client.owner.email)
    page.get_by_label("Password", exact=False).first.fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page).to_have_url(story.address("review/"))


def edit_and_approve(page: Page) -> None:
    """Change the letter and approve the changed version."""
    page.locator("#item").get_by_role("link", name="Edit").click()
    letter = page.get_by_label("The text")
    letter.fill(letter.input_value() + f"\n\n{ADDED}")
    page.locator("form.edit button.primary").click()
    expect(page.get_by_text("Approved with your changes").first).to_be_visible()


def check_effects(story: Story) -> None:
    """The refund and the mail happened, once, as the owner left them."""
    refunds = [r for r in story.shop.got() if r["effect"]]
    assert [r["body"]["amount"] for r in refunds] == [{"value": 4820, "currency": "USD"}]
    mails = story.post.got()
    assert len(mails) == 1
    assert mails[0]["to"] == [REQUEST["from"]]
    assert ADDED in mails[0]["text"].replace("\r", "")


def check_pages(page: Page, story: Story, run_id: str) -> None:
    """Trace, record and report say the same."""
    page.goto(story.address(f"runs/{run_id}/"))
    expect(page.locator("main")).to_contain_text("openai/scripted")
    expect(page.locator("main")).to_contain_text("Refund $48.20 to Mia Chen")
    page.goto(story.address("record/"))
    expect(page.locator("main")).to_contain_text("Refund $48.20 to Mia Chen and tell them why")
    with tenant_scope(story.client.tenant.pk):
        today = clock.now()
        monday = (today - timedelta(days=today.weekday())).date()
        with clock.at(today + timedelta(days=8)):
            report = make_report(monday)
        assert report.numbers["counts"]["corrected"] == 1
    page.goto(story.address(f"reports/{monday.isoformat()}/"))
    expect(page.locator("main")).to_contain_text("One piece of work was decided")
    page.locator("main a", has_text="accepted after your edit").click()
    expect(page.locator("main")).to_contain_text("Refund $48.20 to Mia Chen")


def test_a_request_is_drafted_edited_approved_and_done_once(page: Page, tmp_path: Path) -> None:
    with processes(tmp_path) as run:
        story = Story(run)
        run_id = story.ask()
        wait_until(story.waits, seconds=40, what="the draft is in the queue")
        sign_in(page, story)
        expect(page.locator("#item")).to_contain_text("Refund $48.20 to Mia Chen")
        edit_and_approve(page)
        wait_until(story.ended, seconds=30, what="the run has ended")
        check_effects(story)
        check_pages(page, story, run_id)


def test_the_same_story_with_the_worker_killed_twice(page: Page, tmp_path: Path) -> None:
    """D1 in the large: once while the model is asked, once while the shop is."""
    with processes(tmp_path) as run:
        story = Story(run, slow=True)
        run_id = story.ask()
        story.kill_worker(lambda: len(story.model.got()) == 1, "the model is being asked")
        wait_until(story.waits, seconds=60, what="the draft is in the queue")
        sign_in(page, story)
        edit_and_approve(page)
        story.kill_worker(lambda: len(story.shop.got()) == 1, "the shop is being asked")
        wait_until(story.ended, seconds=60, what="the run has ended")
        check_effects(story)
        check_pages(page, story, run_id)
        with tenant_scope(story.client.tenant.pk):
            assert Call.objects.filter(kind="model", status="done").count() == 1
            assert not ReviewItem.objects.filter(kind="exception").exists()
            assert Report.objects.count() == 1

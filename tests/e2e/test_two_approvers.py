"""Two approvers at one item in a real browser, wide and on a phone (A14, A15, A16, A17)."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import override_settings
from playwright.sync_api import Browser, Page, expect

from approvals.decisions.services import Choice, decide
from approvals.gate.tools import change_tool
from approvals.models import Proposal, Tool
from approvals.policies.services import add_policy
from approvals.rules.policy_sentences import Names
from approvals.rules.policy_terms import Group, PolicyTerms
from audit import outbox
from tenants.ids import uuid7
from tenants.models import User
from tenants.scope import tenant_scope
from tests.e2e.manners import check
from tests.fakes.sink import HttpSink
from tests.fakes.smtp import SmtpSink
from tests.lanes import SMTP
from tests.portal.review_kit import ask
from tests.processes import processes
from tests.world import PASSWORD, World, make_world

pytestmark = [pytest.mark.usefixtures("committed"), pytest.mark.xdist_group("browser")]

SIZES = pytest.mark.parametrize(
    "size", [{"width": 1440, "height": 900}, {"width": 375, "height": 800}], ids=["wide", "phone"]
)
ASK_OTHERS = "Ask others to approve my version"
DIFFERS = "The text says $48.20; the action has $30.00."


class Office:
    """A client whose refunds need two people, one of them done before, and a web server."""

    def __init__(self, world: World, web: str) -> None:
        self.world, self.client, self.web = world, world.harbor, web
        client = self.client
        for user in (client.owner, client.approver):
            user.set_password(PASSWORD)
            user.save()
        with tenant_scope(client.tenant.pk):
            refund = Tool.objects.get(name="shop.refund")
            change_tool(refund, actor=world.staff(client), same_as="args.order")
        first = ask(client)
        with tenant_scope(client.tenant.pk):
            decide(first.pk, Choice("accept", first.content_hash), actor=client.actor())
            outbox.drain()
            both = Group(roles=("owner",), people=(client.approver.pk,), needed=2)
            people = {client.owner.pk: "Owner", client.approver.pk: "Approver"}
            names = Names(people=people, workflows={client.workflow.pk: client.workflow.title})
            terms = PolicyTerms(uuid7(), 1, (both,), currency="USD")
            add_policy(terms, names, actor=client.actor())
            outbox.drain()
        self.item = ask(client)

    def open(self, browser: Browser, who: User, size: dict[str, int], path: str = "") -> Page:
        """This person's browser at the item."""
        page = browser.new_context(viewport=size).new_page()
        page.goto(f"{self.web}/accounts/login/")
        page.get_by_label("Email").fill(who.email)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.wait_for_url("**/t/harbor-pine/review/")
        page.goto(f"{self.web}/t/harbor-pine/review/{self.item.pk}/{path}")
        return page


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with (
        HttpSink() as shop,
        SmtpSink() as post,
        processes(tmp_path) as run,
        override_settings(EMAIL_BACKEND=SMTP, EMAIL_PORT=post.port),
    ):
        yield Office(make_world(shop=shop.host), run.web())


def _edit(office: Office, browser: Browser, size: dict[str, int]) -> None:
    """The first approver tries an empty text, then lowers the amount in the action alone."""
    page = office.open(browser, office.client.approver, size)
    expect(page.get_by_text("Done already on")).to_be_visible()
    check(page)
    page.goto(f"{page.url}?edit=1")
    text = page.get_by_label("The text", exact=True)
    said = text.input_value()
    text.fill("  \n ")
    page.get_by_role("button", name=ASK_OTHERS).click()
    expect(page.get_by_role("alert")).to_contain_text("The text is empty")
    check(page)
    page.get_by_label("The text", exact=True).fill(said)
    page.get_by_label("Amount (USD)").fill("30.00")
    expect(page.locator("#difference ins").filter(has_text="30.00").first).to_be_visible()
    expect(page.get_by_text(DIFFERS)).to_have_count(0)  # one edit changes both
    page.get_by_label("Change the amount in the draft too").uncheck()
    expect(page.get_by_text(DIFFERS)).to_be_visible()
    page.get_by_role("button", name=ASK_OTHERS).click()
    expect(page.get_by_text("Your version waits for somebody else to approve it")).to_be_visible()


@SIZES
def test_the_second_sees_what_the_first_changed_and_both_stay_named(
    office: Office, browser: Browser, size: dict[str, int]
) -> None:
    _edit(office, browser, size)
    second = office.open(browser, office.client.owner, size)
    expect(second.locator("#item-title")).to_contain_text("Refund $30.00 to Mia Chen")
    expect(second.get_by_text(DIFFERS)).to_be_visible()
    editor = str(office.client.approver)
    expect(second.get_by_text(f"Edited by {editor},").first).to_be_visible()
    check(second)
    second.get_by_role("button", name="Approve").first.click()
    expect(second.get_by_text("Approved: Refund $30.00")).to_be_visible()

    with tenant_scope(office.client.tenant.pk):
        outbox.drain()
        refund = Proposal.objects.get(item=office.item, tool_name="shop.refund", revision=2)
        assert (refund.status, refund.args["amount"]["value"]) == ("executed", 3000)
    for path in (f"review/{office.item.pk}/", f"runs/{office.item.run_id}/"):
        second.goto(f"{office.web}/t/harbor-pine/{path}")
        expect(second.get_by_text(f"{editor} edited it").first).to_be_visible()
        expect(second.get_by_text(str(office.client.owner)).first).to_be_visible()
        check(second)

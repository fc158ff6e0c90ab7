"""The filled form on an item's card in a real browser: on a phone, and for everyone."""

from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from approvals.models import Tool
from tenants.scope import tenant_scope
from tests.e2e.manners import check, complaints_of
from tests.e2e.test_review_page import Desk
from tests.portal.review_kit import ask
from tests.world import make_world
from workflows.models import FormPreview

pytestmark = [pytest.mark.usefixtures("committed"), pytest.mark.xdist_group("browser")]
LONG = "a" * 300


def field(**more: Any) -> dict[str, Any]:
    plain = {"name": "n", "kind": "text", "label": "", "value": "", "sent": ""}
    return plain | {"is_seen": True, "is_covered": False} | more


def test_a_form_with_long_words_fits_a_phone(web: str, browser: Browser) -> None:
    harbor = make_world().harbor
    desk = Desk(harbor, web)
    item = ask(harbor, order_id="10999")
    page = desk.sign_in(browser.new_context(viewport={"width": 375, "height": 800}))
    fields = [
        field(label=LONG[:200], value=LONG),
        field(name="amount", kind="hidden", value="100", sent="1f", is_seen=False),
        field(name=LONG[:200], kind="hidden", sent="2f", is_seen=False),
    ]
    where = f"https://admin.shop.example/{LONG}"
    form = {"address": where, "method": "post", "page": where, "fields": fields, "is_cut": True}
    with tenant_scope(harbor.tenant.pk):
        proposal = item.proposals.order_by("position")[0]
        Tool.objects.filter(pk=proposal.tool_id).update(adapter="browser")
        picture = page.screenshot(type="jpeg")
        FormPreview.objects.create(proposal=proposal, form=form, content=picture)
    complaints = complaints_of(page)
    page.goto(f"{web}/t/harbor-pine/review/{item.pk}/")
    expect(page.get_by_text("Its page sends this too")).to_be_visible()
    check(page)
    page.set_viewport_size({"width": 320, "height": 640})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert complaints == []

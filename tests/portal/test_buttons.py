"""Case L1: a button that acts says what it will do, and nothing on it says that it won't."""

import re
from pathlib import Path

import pytest

from approvals.gate.tool_declaration import HARMLESS
from approvals.gate.tools import change_tool
from approvals.models import Tool
from portal.review.item import card
from tenants.errors import Invalid
from tenants.scope import tenant_scope
from tests.portal.review_kit import ask, draft, inside, text
from tests.world import World, make_world

pytestmark = pytest.mark.django_db
TEMPLATES = Path(__file__).parents[2] / "templates"
BUTTON = re.compile(r"<button[^>]*>(.*?)</button>", re.S)
# They do nothing but what they say: try a connection, send oneself a notice.
TRIES = {"Try the connection", "Add it and try it", "Try it on past calls"}


@pytest.fixture
def world() -> World:
    return make_world()


def test_the_button_of_an_item_names_every_write_that_follows(world: World) -> None:
    """L1."""
    item = ask(world.harbor)
    page = text(inside(world.harbor).get(f"/review/{item.pk}/"))
    assert "Approve, refund and send" in page
    item = draft(world.harbor)
    page = text(inside(world.harbor).get(f"/review/{item.pk}/"))
    assert "Accept as written" in page


@pytest.mark.parametrize("words", ["test refund", "Shadow", "dry-run", "preview it", "Simulated"])
def test_a_tool_that_acts_can_not_be_called_harmless(world: World, words: str) -> None:
    """L1."""
    with tenant_scope(world.harbor.tenant.pk):
        tool = Tool.objects.get(name="shop.refund")
        phrases = {**tool.phrases, "button": words}
        with pytest.raises(Invalid, match="Say what it does"):
            change_tool(tool, actor=world.staff(world.harbor), phrases=phrases)


def test_no_button_of_any_page_looks_like_one_that_does_nothing() -> None:
    """L1."""
    labels = {
        re.sub(r"<[^>]*>|{[{%].*?[%}]}", " ", found).strip()
        for path in TEMPLATES.rglob("*.html")
        for found in BUTTON.findall(path.read_text())
    }
    assert len(labels) > 30
    assert {one for one in labels if HARMLESS.search(one)} <= TRIES
    assert not labels & {"OK", "Submit", "Yes", "Confirm", "Go"}


def test_amounts_and_recipients_come_first(world: World) -> None:
    item = ask(world.harbor)
    with tenant_scope(world.harbor.tenant.pk):
        refund, mail = item.proposals.order_by("position").select_related("tool")
        shown = [one.name for one in card.action(refund, "", "en_US").arguments]
        assert (shown[0], set(shown)) == ("amount", {"amount", "customer", "order"})
        shown = [one.name for one in card.action(mail, "", "en_US").arguments]
        assert shown[0] == "to"
        assert shown[-1] == "body"

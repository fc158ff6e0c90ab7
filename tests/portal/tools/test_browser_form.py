"""Staff add a page of another system as a tool: one form, and nothing is kept of a wrong one."""

from typing import Any

import pytest

from approvals.models import Tool
from tenants.scope import tenant_scope
from tenants.services.keys import set_secret
from tests.portal.visiting import Visitor, text, visit
from tests.world import World, make_world

pytestmark = pytest.mark.django_db
ADD = "add-page/"
STEPS = """fill PIN with secret shop-pin
click Sign in
fill Order with order
submit Refund and see The refund is made."""
GIVEN = {
    "name": "shop.page_refund",
    "title": "Refund by page",
    "start": "https://admin.shop.example/refunds",
    "steps": STEPS,
    "read": "",
    "seconds": "",
    "effect": "write",
    "kind": "refund",
    "undo": "",
    "undo_args": "",
    "said_title": "Refund order {order}",
    "said_effect": "",
    "said_button": "",
}
READS = {"effect": "read", "kind": "", "steps": "", "said_title": ""}


@pytest.fixture
def world() -> World:
    made = make_world()
    tenant = made.harbor.tenant
    tenant.allowed_hosts = [*tenant.allowed_hosts, "admin.shop.example"]
    tenant.save(update_fields=["allowed_hosts"])
    with tenant_scope(tenant.pk):
        set_secret(name="shop-pin", value="canary-of-it", actor=made.staff(made.harbor))
    return made


@pytest.fixture
def operator(world: World) -> Visitor:
    return visit(world.operator, world.harbor)


def tools(world: World) -> list[Tool]:
    with tenant_scope(world.harbor.tenant.pk):
        return list(Tool.objects.filter(adapter="browser"))


def test_a_page_becomes_a_tool(world: World, operator: Visitor) -> None:
    assert "fill Order with order" in text(operator.get(ADD))
    answer = operator.post(ADD, **GIVEN)
    assert (answer.status_code, answer["Location"]) == (302, "/t/harbor-pine/tools/")
    [tool] = tools(world)
    assert (tool.effect, tool.kind, tool.takes_key) == ("write", "refund", False)
    assert tool.args_schema["required"] == ["order"]
    assert tool.settings == {
        "start": "https://admin.shop.example/refunds",
        "steps": [
            {"fill": "PIN", "secret": "secret:shop-pin"},
            {"click": "Sign in"},
            {"fill": "Order", "argument": "order"},
            {"submit": "Refund", "shows": "The refund is made."},
        ],
        "read": "css=body",
        "any_page": False,
        "seconds": 30,
    }
    listed = text(operator.get("tools/"))
    assert "Refund by page is kept as declared." in listed
    assert "https://admin.shop.example/refunds" in listed
    assert "a page of a system" in listed
    assert "can’t be undone" in listed
    assert "canary-of-it" not in listed


def test_what_a_browser_will_do_is_said_before_it_is_added(world: World, operator: Visitor) -> None:
    more = (
        "fill PIN with secret shop-pin\nwait for Hi\nopen /new\nfill Why with why (Late | Broken)\n"
    )
    page = text(operator.post(ADD, **GIVEN | {"steps": more + STEPS, "step": "look"}))
    said = [
        "It opens https://admin.shop.example/refunds.",
        "It fills “PIN” with the secret shop-pin.",
        "It waits until “Hi” shows.",
        "It opens /new of the same host.",
        "It fills “Why” with why.",
        "It clicks “Sign in”, which must change nothing there.",
        "Once a person approved it, it clicks “Refund”, a single time.",
        "It answers with the words of the whole page.",
        "A call gives: why (Late or Broken), order (a text).",
    ]
    places = [page.index(one) for one in said]
    assert places == sorted(places)
    assert tools(world) == []
    assert 'value="Refund by page"' in page
    wrong = operator.post(ADD, **GIVEN | {"steps": "push Refund", "step": "look"})
    assert "Line 1: A line begins with" in text(wrong)
    more = READS | {"any_page": "on", "read": "css=main", "step": "look"}
    page = text(operator.post(ADD, **GIVEN | more))
    assert "the page of the same host that the call names" in page
    assert "the words of “css=main”" in page
    assert "A call gives: path (a text, optional)." in page


def test_one_that_reads_may_name_a_page(world: World, operator: Visitor) -> None:
    operator.post(ADD, **GIVEN | READS | {"any_page": "on", "read": "css=main"})
    [tool] = tools(world)
    assert (tool.effect, tool.kind, tool.settings["read"]) == ("read", None, "css=main")
    assert set(tool.args_schema["properties"]) == {"path"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"start": "https://other.example/"}, "allowed hosts"),
        ({"start": "not an address"}, "address"),
        ({"steps": "push Refund"}, "Line 1: A line begins with"),
        ({"steps": STEPS + "\nclick More"}, "submits once, in its last step"),
        ({"steps": "fill A with secret other"}, "The secret other is not kept here. Add it first"),
        ({"steps": "fill A with a"}, "It only reads: declare it so."),
        ({"effect": "read", "kind": ""}, "It submits a form, so it is a write."),
        ({"any_page": "on"}, "opens no page of its own choice"),
        (READS | {"steps": "fill A with path", "any_page": "on"}, "fills no field"),
        ({"kind": ""}, "Say which kind of change it is."),
        ({"seconds": "100"}, "less than or equal to 60"),
        ({"steps": "click x\n" * 21}, "20"),
        ({"name": "Shop"}, "Use small letters"),
    ],
)
def test_nothing_is_kept_of_a_wrong_one(
    world: World, operator: Visitor, change: dict[str, Any], said: str
) -> None:
    answer = operator.post(ADD, **GIVEN | change)
    assert answer.status_code == 400
    assert said in text(answer)
    assert tools(world) == []


def test_a_taken_name_is_said(world: World, operator: Visitor) -> None:
    operator.post(ADD, **GIVEN)
    answer = operator.post(ADD, **GIVEN)
    assert answer.status_code == 400
    assert "There is a tool called shop.page_refund already." in text(answer)


def test_only_who_configures_adds_one(world: World) -> None:
    for person in (world.harbor.owner, world.harbor.viewer):
        assert visit(person, world.harbor).get(ADD).status_code == 403

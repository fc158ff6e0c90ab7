"""Staff give a document's address, look through what is there, and turn on what they declared."""

import copy
from collections.abc import Iterator

import pytest

from approvals.models import Tool
from audit import outbox
from tenants.scope import tenant_scope
from tenants.services.tenants import change_tenant
from tests.fakes.doors import allow
from tests.fakes.sink import HttpSink
from tests.portal.tools.import_kit import CANCEL, FIND, REFUND, field_of
from tests.portal.visiting import Visitor, text, visit
from tests.workflows.openapi.shop_document import SHOP, one_operation
from tests.world import World, make_world
from workflows.models import ImportedDocument

pytestmark = pytest.mark.django_db
IMPORT, PAGE = "import-tools/", "import-tools/shopapi/"


@pytest.fixture
def web() -> Iterator[HttpSink]:
    with HttpSink(body=SHOP) as opened:
        allow(opened.host)
        yield opened


@pytest.fixture
def world(web: HttpSink) -> World:
    made = make_world()
    with tenant_scope(made.harbor.tenant.pk):
        hosts = [*made.harbor.tenant.allowed_hosts, web.host]
        change_tenant(made.harbor.tenant, actor=made.staff(made.harbor), allowed_hosts=hosts)
    return made


@pytest.fixture
def operator(world: World) -> Visitor:
    return visit(world.operator, world.harbor)


def given(web: HttpSink, **more: str) -> dict[str, str]:
    return {"api": "shopapi", "address": f"{web.url}/openapi.json"} | more


def drain(world: World) -> None:
    with tenant_scope(world.harbor.tenant.pk):
        outbox.drain()


def stamp(world: World) -> str:
    with tenant_scope(world.harbor.tenant.pk):
        read_at = ImportedDocument.objects.get().read_at
        return read_at.isoformat() if read_at else ""


def tools(world: World) -> list[str]:
    with tenant_scope(world.harbor.tenant.pk):
        return [tool.name for tool in Tool.objects.filter(adapter="openapi")]


def declared(read: str, key: str = FIND, **more: str) -> dict[str, object]:
    fields = {"name": "shopapi.find", "title": "Find", "effect": "read", "undo_args": "{}"} | more
    chosen = {"step": "save", "operation": [key], "read": read}
    return chosen | {field_of(key, name): value for name, value in fields.items()}


def test_a_document_at_an_address_becomes_tools(
    world: World, operator: Visitor, web: HttpSink
) -> None:
    answer = operator.post(IMPORT, **given(web))
    assert (answer.status_code, answer["Location"]) == (302, f"/t/harbor-pine/{PAGE}")
    page = text(operator.get(PAGE))
    assert "It is being read" in page
    assert "Read it again" not in page
    assert operator.get(f"{PAGE}state/").status_code == 204
    drain(world)
    assert operator.get(f"{PAGE}state/")["HX-Refresh"] == "true"
    page = text(operator.get(PAGE))
    assert "It is being read" not in page
    assert page.count('type="checkbox"') == 4
    assert "checked" not in page
    read = stamp(world)
    page = text(operator.post(PAGE, step="declare", operation=[FIND, REFUND], read=read))
    assert 'value="shopapi.refund_order"' in page
    assert tools(world) == []
    answer = operator.post(PAGE, **declared(read))
    assert (answer.status_code, answer["Location"]) == (302, "/t/harbor-pine/tools/")
    assert tools(world) == ["shopapi.find"]
    assert ">as before</span>" in text(operator.get(PAGE))


def test_what_was_typed_about_a_document_that_was_read_again_is_looked_at_once_more(
    world: World, operator: Visitor, web: HttpSink
) -> None:
    """What was typed is kept, and stays with the operation it was typed about."""
    operator.post(IMPORT, **given(web))
    drain(world)
    before = stamp(world)
    web.body = {**SHOP, "paths": dict(reversed(SHOP["paths"].items()))}
    del web.body["paths"]["/refunds/{id}"]
    operator.post(f"{PAGE}again/")
    drain(world)
    page = text(operator.post(PAGE, step="declare", operation=[FIND, CANCEL], read=before))
    assert "Look at your choice once more." in page
    assert page.count("checked") == 1
    typed = declared(before, title="Find one") | declared(before, CANCEL, title="Take it back")
    answer = operator.post(PAGE, **typed | {"operation": [FIND, REFUND, CANCEL]})
    assert answer.status_code == 400
    page = text(answer)
    assert f"It no longer has what can be called: {CANCEL}." in page
    assert 'value="Find one"' in page
    assert "Take it back" not in page
    assert operator.post(PAGE, **declared("", title="Find one")).status_code == 400
    assert tools(world) == []
    answer = operator.post(PAGE, **declared(stamp(world), title="Find one"))
    assert answer.status_code == 302
    assert tools(world) == ["shopapi.find"]


def test_what_changed_and_what_is_gone_is_shown(
    world: World, operator: Visitor, web: HttpSink
) -> None:
    operator.post(IMPORT, **given(web))
    drain(world)
    operator.post(PAGE, **declared(stamp(world)))
    said = {"name": "shopapi.cancel", "effect": "write", "kind": "refund"}
    operator.post(PAGE, **declared(stamp(world), CANCEL, **said))
    assert sorted(tools(world)) == ["shopapi.cancel", "shopapi.find"]
    changed = copy.deepcopy(SHOP)
    del changed["paths"]["/refunds/{id}"]
    changed["components"]["parameters"]["Order"]["schema"]["maxLength"] = 50
    web.body = changed
    operator.post(f"{PAGE}again/")
    drain(world)
    page = text(operator.get(PAGE))
    assert "Not as before: its arguments." in page
    assert "Tools whose operation is gone" in page
    assert "shopapi.cancel" in page


def test_a_document_that_can_not_be_read_says_why(
    world: World, operator: Visitor, web: HttpSink
) -> None:
    web.body = b"<html>"
    operator.post(IMPORT, **given(web))
    drain(world)
    page = text(operator.get(PAGE))
    assert "It can’t be read." in page
    assert "It is no object with openapi" in page
    assert 'type="checkbox"' not in page
    assert "shopapi" in text(operator.get(IMPORT))


def test_many_operations_are_looked_through(world: World, operator: Visitor, web: HttpSink) -> None:
    many = one_operation({"responses": {}})
    many["paths"] = {f"/n{n:03}": {"get": {"responses": {}}} for n in range(130)}
    web.body = many
    operator.post(IMPORT, **given(web))
    drain(world)
    page = text(operator.get(PAGE))
    assert page.count('type="checkbox"') == 100
    assert "130 operations, the first 100 are shown" in page
    assert "Tools whose operation is gone" not in page
    page = text(operator.get(f"{PAGE}?q=N12"))
    assert page.count('type="checkbox"') == 10
    for odd in ("%00", "%", "_", "x" * 5000):
        assert operator.get(f"{PAGE}?q={odd}").status_code == 200
    keys = [f"GET /n{n:03}" for n in range(31)]
    answer = operator.post(PAGE, step="declare", operation=keys, read=stamp(world))
    assert answer.status_code == 400
    assert text(answer).count("checked") == 31


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"address": "https://other.example/x"}, "not among this client"),
        ({"address": "shop.example"}, "Write it whole"),
        ({"document": "{}"}, "Give the document once"),
        ({"api": "No"}, "Use small letters"),
    ],
)
def test_an_address_that_can_not_be_read_is_refused_at_once(
    operator: Visitor, web: HttpSink, more: dict[str, str], said: str
) -> None:
    answer = operator.post(IMPORT, **given(web, **more))
    assert answer.status_code == 400
    assert said in text(answer)
    assert operator.get(PAGE).status_code == 404


def test_people_without_the_right_see_none_of_it(
    world: World, operator: Visitor, web: HttpSink
) -> None:
    operator.post(IMPORT, **given(web))
    drain(world)
    who = visit(world.harbor.owner, world.harbor)
    for answer in (who.get(PAGE), who.post(PAGE), who.post(f"{PAGE}again/")):
        assert answer.status_code in (403, 404)

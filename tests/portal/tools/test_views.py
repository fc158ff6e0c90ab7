"""Staff import a document in three steps, and only the last one changes anything."""

import copy
import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from approvals.gate.tools import change_tool
from approvals.models import Tool
from audit.models import Event
from tenants.scope import tenant_scope
from tenants.services.keys import set_secret
from tests.browsing import browser, post
from tests.portal.tools.import_kit import (
    CANCEL,
    FIND,
    LIST,
    REFUND,
    chosen,
    declared,
    document,
    field_of,
)
from tests.portal.visiting import Visitor, text, visit
from tests.workflows.openapi.shop_document import SHOP, one_operation
from tests.world import World, make_world

pytestmark = pytest.mark.django_db
IMPORT = "import-tools/"


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def operator(world: World) -> Visitor:
    return visit(world.operator, world.harbor)


def tools(world: World) -> dict[str, Tool]:
    with tenant_scope(world.harbor.tenant.pk):
        return {tool.name: tool for tool in Tool.objects.filter(adapter="openapi")}


def events(world: World) -> int:
    with tenant_scope(world.harbor.tenant.pk):
        return Event.objects.count()


def test_a_document_becomes_tools_in_three_steps(world: World, operator: Visitor) -> None:
    with tenant_scope(world.harbor.tenant.pk):
        set_secret(name="shop-key", value="canary-of-it", actor=world.staff(world.harbor))
    page = text(operator.get(IMPORT))
    assert "shop-key" in page
    before = events(world)
    page = text(operator.post(IMPORT, **document()))
    assert "Sample shop" in page
    assert page.count('type="checkbox"') == 4
    assert "checked" not in page
    assert page.count(">new</span>") == 4
    assert "shop.example</span>, which is not among this client" in page
    page = text(operator.post(IMPORT, **chosen(FIND, REFUND)))
    assert 'value="shopapi.refund_order"' in page
    assert "Its arguments: path_order, X_Reason, amount, body_order." in page
    assert 'value="Idempotency-Key"' in page
    assert (events(world), tools(world)) == (before, {})
    last = declared(FIND, REFUND, CANCEL, secret="shop-key") | {
        field_of(REFUND, "undo"): CANCEL,
        field_of(REFUND, "undo_args"): '{"id": "result.body.id"}',
        field_of(REFUND, "idempotency_header"): "Idempotency-Key",
        field_of(REFUND, "said_title"): "Refund {amount}",
    }
    answer = operator.post(IMPORT, **last)
    assert (answer.status_code, answer["Location"]) == (302, "/t/harbor-pine/tools/")
    refund = tools(world)["shopapi.post2"]
    assert (refund.undo_tool, refund.phrases) == ("shopapi.delete3", {"title": "Refund {amount}"})
    assert refund.settings["credential"]["secret"] == "secret:shop-key"
    assert events(world) == before + 3
    listed = text(operator.get("tools/"))
    assert "3 tools are kept as declared." in listed
    assert "Title of post2" in listed
    assert f"/admin/approvals/tool/{refund.pk}/change/" in listed
    assert "canary-of-it" not in listed + page


def test_a_file_is_read_as_well(operator: Visitor) -> None:
    file = SimpleUploadedFile("shop.json", b"\xef\xbb\xbf" + json.dumps(SHOP).encode())
    page = text(operator.post(IMPORT, api="shopapi", file=file))
    assert "Sample shop" in page
    assert "&quot;openapi&quot;" in page  # carried along to the next step
    file = SimpleUploadedFile("shop.json", b"\xff\xfe")
    answer = operator.post(IMPORT, api="shopapi", file=file)
    assert answer.status_code == 400
    assert "no text in UTF-8" in text(answer)


def test_reading_it_again_shows_the_difference_and_changes_nothing(
    world: World, operator: Visitor
) -> None:
    operator.post(IMPORT, **declared(FIND, CANCEL))
    changed = copy.deepcopy(SHOP)
    del changed["paths"]["/refunds/{id}"]
    changed["components"]["parameters"]["Order"]["schema"]["maxLength"] = 50
    before = events(world)
    page = text(operator.post(IMPORT, **document(changed)))
    assert page.count(">changed</span>") == 1
    assert "Not as before: its arguments." in page
    assert "Tools whose operation is gone" in page
    assert "shopapi.delete3" in page
    assert events(world) == before
    again = text(operator.post(IMPORT, **chosen(FIND)))
    assert 'value="Title of get1"' in again


def test_an_operation_that_can_not_be_called_says_why_and_where(operator: Visitor) -> None:
    wrong = one_operation({"requestBody": {"$ref": "other.yaml#/a"}})
    page = text(operator.post(IMPORT, **document(wrong)))
    assert "$ref leads out of the document" in page
    assert "#/paths/~1things/post/requestBody/$ref" in page
    assert 'type="checkbox"' not in page
    answer = operator.post(IMPORT, **document(wrong, step="declare", operation="POST /things"))
    assert answer.status_code == 400
    assert "Choose between one and 30 operations" in text(answer)


def test_a_server_is_asked_for_where_the_document_names_none(operator: Visitor) -> None:
    bare = one_operation({"responses": {}}) | {"servers": []}
    assert "It names no server" in text(operator.post(IMPORT, **document(bare)))
    page = text(operator.post(IMPORT, **document(bare, base="https://a.example")))
    assert "It names no server" not in page


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"document": ""}, "choose a file, or paste the document."),
        ({"document": "  \n"}, "choose a file, or paste the document."),
        ({"document": "hello"}, "It is no object with openapi"),
        ({"document": "{"}, "It is no YAML"),
        ({"document": '{"openapi": "3.0.0", "paths": {}}'}, "It has no operations."),
        ({"document": "[" * 5000}, "nested too deep"),
        ({"document": "a\x00"}, "can&#x27;t be kept"),
        ({"document": "é" * 800_000}, "more than 1,500,000 bytes"),
        ({"api": "Shop API"}, "Use small letters"),
        ({"api": ""}, "required"),
        ({"base": "shop.example"}, "Write it whole"),
        ({"base": "javascript:alert(1)"}, "Write it whole"),
        ({"secret": "none-of-ours"}, "Select a valid choice"),
        ({"header": "a: b"}, "such as X-Api-Key"),
        ({"step": "declare"}, "Choose between one"),
        ({"step": "save", "operation": "GET /none"}, "Choose between one"),
    ],
)
def test_odd_input_is_a_400_with_words(
    world: World, operator: Visitor, given: dict[str, Any], said: str
) -> None:
    before = events(world)
    answer = operator.post(IMPORT, **document() | given)
    assert answer.status_code == 400
    assert said in text(answer)
    assert events(world) == before


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({field_of(REFUND, "effect"): ""}, "This field is required"),
        ({field_of(REFUND, "effect"): "draft"}, "Select a valid choice"),
        ({field_of(REFUND, "kind"): ""}, "Say which kind of change it is."),
        ({field_of(FIND, "kind"): "edit"}, "One that reads has none."),
        ({field_of(REFUND, "name"): "Not a name"}, "Use small letters, digits, dots"),
        ({field_of(REFUND, "name"): "shopapi.get1"}, "Two operations would be called shopapi.get1"),
        ({field_of(REFUND, "name"): "shop.refund"}, "There is a tool called shop.refund already"),
        ({field_of(REFUND, "undo"): "DELETE /nowhere"}, "Select a valid choice"),
        ({field_of(REFUND, "undo"): FIND}, "which is no other tool that writes"),
        ({field_of(REFUND, "undo_args"): "[]"}, "Write a JSON object"),
        ({field_of(REFUND, "undo_args"): '{"id": "1"}'}, "Say which operation undoes it."),
        ({field_of(REFUND, "undo_args"): "{" * 5000}, "2000"),
        ({field_of(REFUND, "idempotency_header"): "a\r\nb"}, "such as Idempotency-Key"),
        ({field_of(REFUND, "idempotency_header"): "X-Reason"}, "Two settings fill the same header"),
        ({field_of(REFUND, "said_button"): "Try it"}, "acts, so its button"),
    ],
)
def test_a_wrong_declaration_saves_none_of_them(
    world: World, operator: Visitor, given: dict[str, Any], said: str
) -> None:
    before = events(world)
    answer = operator.post(IMPORT, **declared(FIND, REFUND) | given)
    assert answer.status_code == 400
    assert said in text(answer)
    assert (events(world), tools(world)) == (before, {})


def test_too_many_at_a_time_are_refused(operator: Visitor) -> None:
    many = one_operation({"responses": {}})
    many["paths"] = {f"/{n}": {"get": {"responses": {}}} for n in range(31)}
    keys = [f"GET /{n}" for n in range(31)]
    answer = operator.post(IMPORT, **document(many, step="declare", operation=keys))
    assert answer.status_code == 400
    assert text(answer).count("checked") == 31


def test_people_without_the_right_see_neither_page(world: World) -> None:
    for person in (world.harbor.owner, world.harbor.viewer, world.reviewer):
        who = visit(person, world.harbor)
        for answer in (who.get("tools/"), who.get(IMPORT), who.post(IMPORT, **declared(LIST))):
            assert answer.status_code in (403, 404)
    assert tools(world) == {}


def test_a_tool_that_was_switched_off_stays_off(world: World, operator: Visitor) -> None:
    operator.post(IMPORT, **declared(LIST))
    with tenant_scope(world.harbor.tenant.pk):
        staff = world.staff(world.harbor)
        change_tool(Tool.objects.get(name="shopapi.get0"), actor=staff, enabled=False)
    operator.post(IMPORT, **declared(LIST) | {field_of(LIST, "title"): "All orders"})
    found = tools(world)["shopapi.get0"]
    assert (found.title, found.enabled) == ("All orders", False)
    assert ">off</span>" in text(operator.get("tools/"))


def test_an_imported_tool_is_changed_in_the_admin_as_any_other(
    world: World, operator: Visitor
) -> None:
    priced = copy.deepcopy(SHOP)
    priced["components"]["parameters"]["Order"]["schema"] = {"type": "number", "multipleOf": 0.5}
    last = declared(FIND) | document(priced)
    assert operator.post(IMPORT, **last).status_code == 302
    path = f"/t/harbor-pine/admin/approvals/tool/{tools(world)['shopapi.get1'].pk}/change/"
    assert post(browser(world.operator), path, title="Find it").status_code == 302
    found = tools(world)["shopapi.get1"]
    assert (found.title, found.version) == ("Find it", 2)
    assert found.args_schema["properties"]["order"]["multipleOf"] == 0.5

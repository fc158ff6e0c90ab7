"""Chosen operations become tools, together or not at all, and are compared when read again."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction

from approvals.models import Tool
from audit.models import Event
from tenants.actors import Actor
from tenants.errors import Conflict, Forbidden, Invalid
from tenants.scope import tenant_scope
from tests.workflows.openapi.shop_document import SHOP, operations_of
from tests.world import World, make_world
from workflows.openapi.imports import (
    ApiAccess,
    ToolDeclaration,
    compare_operations,
    save_tools,
    suggested_name,
)

pytestmark = pytest.mark.django_db
FIND, REFUND = "GET /orders/{order}", "POST /orders/{order}/refunds"
CANCEL = "DELETE /refunds/{id}"
FOUND = operations_of(SHOP)
ACCESS = ApiAccess("shopapi", "shop-key")
UNDONE = {"undo": CANCEL, "undo_args": {"id": "result.body.id"}}


@pytest.fixture
def world() -> Iterator[World]:
    made = make_world()
    with tenant_scope(made.harbor.tenant.pk):
        yield made


@pytest.fixture
def staff(world: World) -> Actor:
    return world.staff(world.harbor)


def declared(key: str, effect: str = "write", kind: str = "edit", **more: Any) -> ToolDeclaration:
    kind = kind if effect == "write" else ""
    given = {"name": suggested_name("shopapi", FOUND[key]), "title": "T"} | more
    return ToolDeclaration(operation=FOUND[key], effect=effect, kind=kind, **given)


def save(staff: Actor, *of: ToolDeclaration, access: ApiAccess = ACCESS) -> list[Tool]:
    with transaction.atomic():
        return save_tools(list(of), access, actor=staff)


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("refundOrder", "shop.refund_order"),
        ("get_HTTPStatus2", "shop.get_http_status_2"),
        ("orders/list-all", "shop.orders_list_all"),
        ("ü", "shop.get"),
        ("x" * 90, "shop." + "x" * 55),
    ],
)
def test_a_tool_is_named_after_its_operation(given: str, name: str) -> None:
    document = copy.deepcopy(SHOP)
    document["paths"]["/orders"]["get"]["operationId"] = given
    assert suggested_name("shop", operations_of(document)["GET /orders"]) == name


def test_operations_become_tools_with_what_was_declared(staff: Actor) -> None:
    before = Event.objects.count()
    refund, cancel, find = save(
        staff,
        declared(REFUND, kind="refund", idempotency_header="Idempotency-Key", **UNDONE),
        declared(CANCEL),
        declared(FIND, "read", idempotency_header="Idempotency-Key"),
    )
    assert (refund.name, refund.kind, refund.takes_key) == ("shopapi.refund_order", "refund", True)
    assert (refund.undo_tool, refund.undo_args) == (cancel.name, {"id": "result.body.id"})
    key = {"in": "header", "name": "X-Api-Key", "secret": "secret:shop-key"}
    assert refund.settings["credential"] == key
    assert (find.effect, find.kind, find.takes_key) == ("read", None, False)
    assert find.settings["idempotency_header"] == ""
    assert {refund.version, cancel.version, find.version} == {1}
    assert Event.objects.count() == before + 3


def test_two_that_undo_each_other_are_kept_as_declared(staff: Actor) -> None:
    first = declared(REFUND, undo=CANCEL, undo_args={"id": "result.body.id"})
    args = {"path_order": "args.id", "amount": "1"}
    made = save(staff, first, declared(CANCEL, undo=REFUND, undo_args=args))
    assert [one.undo_tool for one in made] == [made[1].name, made[0].name]


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        (declared(CANCEL, kind=""), Invalid),
        (declared(CANCEL, name="shopapi.get_order"), Conflict),
        (declared(CANCEL, name="shop.refund"), Conflict),
        (declared(CANCEL, undo="GET /nowhere"), Invalid),
        (declared(CANCEL, undo=FIND), Invalid),
        (declared(REFUND, undo=REFUND), Invalid),
        (declared(REFUND, idempotency_header="X-Reason"), Invalid),
        (declared(CANCEL, phrases={"button": "Try it"}), Invalid),
    ],
)
def test_one_that_can_not_be_keeps_all_of_them_from_being_saved(
    staff: Actor, wrong: ToolDeclaration, error: type[Exception]
) -> None:
    before = (Event.objects.count(), Tool.objects.count())
    with pytest.raises(error):
        save(staff, declared(FIND, "read"), wrong)
    assert (Event.objects.count(), Tool.objects.count()) == before


def test_only_who_may_configure_saves(world: World) -> None:
    with pytest.raises(Forbidden):
        save(world.harbor.actor(), declared(FIND, "read"))


def test_reading_it_again_shows_what_is_new_changed_or_gone(staff: Actor) -> None:
    save(staff, declared(FIND, "read"), declared(CANCEL))
    document = copy.deepcopy(SHOP)
    del document["paths"]["/refunds/{id}"]
    order = document["components"]["parameters"]["Order"]["schema"]
    order["maxLength"] = 50
    found = compare_operations(operations_of(document).values(), "shopapi")
    states = {line.operation.key: line.state for line in found.lines}
    assert states == {"GET /orders": "new", FIND: "changed", REFUND: "new"}
    assert [line.differences for line in found.lines] == [[], ["its arguments"], []]
    assert [tool.name for tool in found.gone] == ["shopapi.cancel_refund"]
    moved = copy.deepcopy(SHOP) | {"servers": [{"url": "https://new.example"}]}
    del moved["paths"]["/orders/{order}"]["get"]["responses"]["200"]["content"]
    lines = compare_operations(operations_of(moved).values(), "shopapi").lines
    assert lines[1].differences == ["its address", "its answers"]
    same = compare_operations(FOUND.values(), "shopapi")
    assert {line.operation.key: line.state for line in same.lines}[FIND] == "same"
    assert compare_operations(FOUND.values(), "other").gone == []
    assert {tool.version for tool in Tool.objects.filter(adapter="openapi")} == {1}


def test_saving_again_changes_what_differs_and_keeps_the_rest(staff: Actor) -> None:
    (find,) = save(staff, declared(FIND, "read", phrases={"title": "Find {order}"}))
    (again,) = save(staff, declared(FIND, "read"), access=ApiAccess("shopapi"))
    assert again.version == 1  # nothing differs, and the credential stays
    (changed,) = save(staff, declared(FIND, "read", title="Find one"))
    assert (changed.pk, changed.version, changed.title) == (find.pk, 2, "Find one")
    assert changed.phrases == {"title": "Find {order}"}
    with pytest.raises(Conflict, match="is called shopapi"):
        save(staff, declared(FIND, "read", name="shopapi.other"))


def test_a_secret_goes_where_it_is_said(staff: Actor) -> None:
    (find,) = save(staff, declared(FIND, "read"), access=ApiAccess("shopapi", "k", "X-Mine"))
    assert find.settings["credential"] == {"in": "header", "name": "X-Mine", "secret": "secret:k"}


def test_a_schema_with_fractions_is_kept_and_changed(staff: Actor) -> None:
    def priced(least: float) -> ToolDeclaration:
        document = copy.deepcopy(SHOP)
        amount = document["components"]["schemas"]["Refund"]["properties"]["amount"]
        amount |= {"type": "number", "minimum": least, "multipleOf": 0.01}
        answer = document["components"]["schemas"]["Order"]["properties"]["total"]
        answer |= {"type": "number", "minimum": least}
        found = operations_of(document)
        return ToolDeclaration(found[REFUND], "shopapi.refund", "T", "write", "refund")

    save(staff, priced(0.5))
    (changed,) = save(staff, priced(0.25))
    assert changed.version == 2
    assert changed.args_schema["properties"]["amount"]["minimum"] == 0.25

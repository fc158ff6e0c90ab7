"""Staff add an SQL statement as a tool: one form, and nothing is kept of a wrong one."""

import json
from typing import Any

import pytest

from approvals.models import Tool
from tenants.scope import tenant_scope
from tenants.services.keys import set_secret
from tests.portal.visiting import Visitor, text, visit
from tests.world import World, make_world

pytestmark = pytest.mark.django_db
ADD = "add-statement/"
GIVEN = {
    "name": "shop.reprice",
    "title": "Change a total",
    "kind_of_database": "postgres",
    "database": "shop",
    "host": "db.shop.example:5433",
    "user": "writer",
    "secret": "shop-db",
    "tls": "verify",
    "statement": "UPDATE orders SET total = %(amount.value)s WHERE number = %(order)s;",
    "arguments": "",
    "effect": "write",
    "kind": "reprice",
    "undo": "",
    "undo_args": "",
    "rows": "",
    "changes": "2",
    "said_title": "Set the total of {order} to {amount}",
    "said_effect": "",
    "said_button": "",
}


@pytest.fixture
def world() -> World:
    made = make_world()
    with tenant_scope(made.harbor.tenant.pk):
        set_secret(name="shop-db", value="canary-of-it", actor=made.staff(made.harbor))
    return made


@pytest.fixture
def operator(world: World) -> Visitor:
    return visit(world.operator, world.harbor)


def tools(world: World) -> list[Tool]:
    with tenant_scope(world.harbor.tenant.pk):
        return list(Tool.objects.filter(adapter="sql"))


def test_a_statement_becomes_a_tool(world: World, operator: Visitor) -> None:
    assert 'name="statement"' in text(operator.get(ADD))
    answer = operator.post(ADD, **GIVEN)
    assert (answer.status_code, answer["Location"]) == (302, "/t/harbor-pine/tools/")
    [tool] = tools(world)
    assert (tool.effect, tool.kind, tool.takes_key) == ("write", "reprice", False)
    assert set(tool.args_schema["properties"]) == {"amount", "order"}
    assert tool.settings["database"] == {
        "kind": "postgres",
        "name": "shop",
        "host": "db.shop.example:5433",
        "user": "writer",
        "password": "secret:shop-db",
        "tls": "verify",
    }
    assert tool.settings["changes"] == 2
    assert tool.phrases == {"title": "Set the total of {order} to {amount}"}
    listed = text(operator.get("tools/"))
    assert "Change a total is kept as declared." in listed
    assert "UPDATE orders SET total" in listed
    assert "canary-of-it" not in listed


def test_a_file_needs_no_address(world: World, operator: Visitor) -> None:
    given = GIVEN | {"kind_of_database": "sqlite", "host": "", "user": "", "secret": ""}
    operator.post(ADD, **given, follow=False)
    [tool] = tools(world)
    assert tool.settings["database"] == {"kind": "sqlite", "name": "shop"}


def test_a_statement_with_the_key_acts_once(world: World, operator: Visitor) -> None:
    insert = (
        "INSERT INTO refunds (id, number) VALUES (%(idempotency_key)s, %(order)s) "
        "ON CONFLICT (id) DO UPDATE SET id = excluded.id"
    )
    operator.post(ADD, **GIVEN | {"statement": insert, "said_title": ""})
    assert [tool.takes_key for tool in tools(world)] == [True]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"statement": "SELECT 1; SELECT 2"}, "without a semicolon"),
        ({"statement": "SELECT '%(order)s'"}, "within quotes"),
        ({"arguments": "number: text"}, "no parameter number"),
        ({"effect": "read"}, "One that reads has none."),
        ({"kind": ""}, "Say which kind of change it is."),
        ({"host": ""}, "Say where it is."),
        ({"host": "db/../x"}, "host is a host"),
        ({"secret": ""}, "Choose the secret"),
        ({"secret": "other"}, "Select a valid choice"),
        ({"kind_of_database": "sqlite", "database": "../etc"}, "database"),
        ({"name": "Shop"}, "Use small letters"),
        ({"changes": "0"}, "greater than or equal to 1"),
    ],
)
def test_nothing_is_kept_of_a_wrong_one(
    world: World, operator: Visitor, change: dict[str, Any], said: str
) -> None:
    answer = operator.post(ADD, **GIVEN | change)
    assert answer.status_code == 400
    assert said in text(answer)
    assert tools(world) == []


def test_it_is_undone_by_another_that_changes_something(world: World, operator: Visitor) -> None:
    operator.post(ADD, **GIVEN)
    back = {"undo": "shop.reprice", "undo_args": '{"order": "args.order", "amount": "args.amount"}'}
    answer = operator.post(ADD, **GIVEN | {"name": "shop.reprice_again"} | back)
    assert answer.status_code == 302, text(answer)
    tool = next(one for one in tools(world) if one.name == "shop.reprice_again")
    assert (tool.undo_tool, tool.undo_args) == ("shop.reprice", json.loads(back["undo_args"]))


def test_a_taken_name_is_said(world: World, operator: Visitor) -> None:
    operator.post(ADD, **GIVEN)
    answer = operator.post(ADD, **GIVEN)
    assert answer.status_code == 400
    assert "There is a tool called shop.reprice already." in text(answer)


def test_only_who_configures_adds_one(world: World) -> None:
    for person in (world.harbor.owner, world.harbor.viewer):
        assert visit(person, world.harbor).get(ADD).status_code == 403

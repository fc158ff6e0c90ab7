"""One deployment is added, changed or removed, and everything else of the table stays."""

from typing import Any

import pytest

from tenants.errors import Conflict, Forbidden, Invalid
from tenants.models import Provider
from tests.workflows.routing.routing_kit import QUICK, STRONG, TABLE, let_hold, table_with
from tests.world import World, make_world
from workflows.models import RoutingVersion
from workflows.routing.deployments import (
    remove_deployment,
    rows_using,
    store_deployment,
    with_deployment,
    without_deployment,
)
from workflows.routing.selectors import table_of
from workflows.routing.table import MOST_DEPLOYMENTS, ModelDeployment, RoutingTable, read_table

NEW = ModelDeployment(name="openai/gpt-5", title="the new model")


def held() -> RoutingTable:
    table = table_of(Provider.objects.get())
    assert table is not None
    return table


def test_a_new_one_comes_last_and_in_the_rows_that_were_chosen() -> None:
    table = read_table(TABLE)
    made = with_deployment(table, NEW, [1, 3])
    assert list(made.deployments) == [QUICK, STRONG, NEW.name]
    assert [row.use for row in made.rows] == [
        [STRONG, NEW.name],
        [STRONG, QUICK],
        [QUICK, STRONG, NEW.name],
    ]
    assert with_deployment(made, NEW, [1, 2, 3]).rows[0].use == [STRONG, NEW.name]
    assert [row.use for row in table.rows] == [row["use"] for row in TABLE["rows"]]


def test_a_changed_one_keeps_its_place() -> None:
    changed = ModelDeployment(name=QUICK, title="quicker", is_on=False)
    made = with_deployment(read_table(TABLE), changed)
    assert list(made.deployments) == [QUICK, STRONG]
    assert not made.deployments[QUICK].is_on


def test_a_full_table_takes_no_more() -> None:
    many: list[dict[str, Any]] = [
        {"name": f"offline/{n}", "title": "one"} for n in range(MOST_DEPLOYMENTS - 2)
    ]
    table = read_table(table_with(deployments=[*TABLE["deployments"], *many]))
    with pytest.raises(Invalid, match="40 deployments at most"):
        with_deployment(table, NEW)
    assert with_deployment(table, table.deployments["offline/1"]) == table


def test_one_that_rows_ask_is_not_removed() -> None:
    table = read_table(TABLE)
    assert (rows_using(table, STRONG), rows_using(table, QUICK)) == ([1, 2, 3], [2, 3])
    with pytest.raises(Conflict, match="Rows 1, 2 and 3 ask the strong model"):
        without_deployment(table, STRONG)
    with pytest.raises(Conflict, match="Row 1 asks the new model"):
        without_deployment(with_deployment(table, NEW, [1]), NEW.name)
    assert without_deployment(with_deployment(table, NEW), NEW.name) == table


@pytest.fixture
def world(db: None) -> World:
    return make_world()


def test_each_change_is_a_version_that_says_what_it_did(world: World) -> None:
    let_hold(TABLE, world.admin)
    store_deployment(NEW, by=world.admin, after=1, rows=[3])
    assert held().rows[2].use == [QUICK, STRONG, NEW.name]
    changed = NEW.model_copy(update={"strength": "strong"})
    store_deployment(changed, by=world.admin, after=2, note="It is good.")
    let_hold({**held().as_json(), "rows": TABLE["rows"]}, world.admin)
    remove_deployment(NEW.name, by=world.admin, after=4)
    assert held() == read_table(TABLE, number=5, id=held().id)
    assert list(RoutingVersion.objects.order_by("number").values_list("note", flat=True)) == [
        "",
        "Adds the new model (openai/gpt-5)",
        "It is good.",
        "",
        "Removes the new model (openai/gpt-5)",
    ]


def test_the_first_table_goes_on_asking_what_was_asked(world: World) -> None:
    store_deployment(NEW, by=world.admin, after=0)
    assert [row.use for row in held().rows] == [["offline/extractive"]]
    assert list(held().deployments) == ["offline/extractive", NEW.name]


def test_who_may_not_or_comes_late_changes_nothing(world: World) -> None:
    let_hold(TABLE, world.admin)
    with pytest.raises(Forbidden):
        store_deployment(NEW, by=world.operator, after=1)
    with pytest.raises(Conflict, match="meanwhile"):
        store_deployment(NEW, by=world.admin, after=0)
    with pytest.raises(Invalid, match="no deployment called"):
        remove_deployment("x" * 100_000, by=world.admin, after=1)
    assert RoutingVersion.objects.count() == 1

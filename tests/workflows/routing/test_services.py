"""A routing table is stored as a version that never changes, by the provider's admins."""

import pytest

from tenants.errors import Conflict, Forbidden, Invalid
from tenants.models import Provider
from tests.workflows.routing.routing_kit import STRONG, TABLE, let_hold, table_with
from tests.world import World, make_world
from workflows.models import RoutingVersion
from workflows.routing.selectors import table_of
from workflows.routing.services import store_table
from workflows.routing.table import read_table

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


def test_the_last_one_stored_holds(world: World) -> None:
    assert table_of(Provider.objects.get()) is None
    first = let_hold(TABLE, world.admin)
    second = let_hold(table_with(rows=[{"use": [STRONG]}]), world.admin)
    assert (first.number, second.number) == (1, 2)
    table = table_of(Provider.objects.get())
    assert table is not None
    assert (table.number, len(table.rows)) == (2, 1)
    assert read_table(RoutingVersion.objects.get(number=1).table) == read_table(TABLE)


def test_only_the_providers_admins_store_one(world: World) -> None:
    for person in (world.operator, world.reviewer, world.harbor.owner):
        with pytest.raises(Forbidden):
            store_table(TABLE, by=person, after=0)
    assert not RoutingVersion.objects.exists()


def test_of_two_who_change_the_same_version_the_second_is_told(world: World) -> None:
    let_hold(TABLE, world.admin)
    with pytest.raises(Conflict, match="Somebody stored another table meanwhile"):
        store_table(TABLE, by=world.admin, after=0)
    assert RoutingVersion.objects.count() == 1


def test_a_table_that_can_not_hold_is_not_stored(world: World) -> None:
    with pytest.raises(Invalid):
        let_hold(table_with(rows=[]), world.admin)
    assert not RoutingVersion.objects.exists()


def test_what_is_stored_is_json_whatever_it_was_written_as(world: World) -> None:
    """YAML has bytes and sets too, which are taken as text and lists."""
    odd = {**TABLE["deployments"][1], "title": b"strong"}
    let_hold({"deployments": [odd], "rows": [{"use": {STRONG}}]}, world.admin)
    stored = RoutingVersion.objects.get().table
    assert (stored["deployments"][0]["title"], stored["rows"]) == ("strong", [{"use": [STRONG]}])

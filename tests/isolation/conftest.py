"""Three clients, furnished: what could leak is always there."""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass

import pytest

from tenants import clock
from tests.isolation.furnished import Things, furnish
from tests.snapshots import Snapshot, take
from tests.world import World, make_world


@dataclass(frozen=True, slots=True)
class Furnished:
    """Three furnished clients, and the rows to have them again."""

    world: World
    harbor: Things
    quill: Things
    sable: Things
    rows: Snapshot


# The first test of a process furnishes the clients, those after it get a copy.
_made: list[Furnished] = []


@pytest.fixture
def furnished(db: None) -> Iterator[Furnished]:
    """Time stands still: pages say how long ago, and two of them are compared word for word."""
    with clock.at(_made[0].rows.at if _made else clock.now()):
        if _made:
            _made[0].rows.restore_same()
        else:
            _made.append(_furnish())
        yield deepcopy(_made[0])


def _furnish() -> Furnished:
    world = make_world()
    harbor = furnish(world, world.harbor, weeks_ago=1)
    quill = furnish(world, world.quill, weeks_ago=2)
    sable = furnish(world, world.sable, weeks_ago=3)
    tenants = [one.client.tenant.pk for one in (harbor, quill, sable)]
    return Furnished(world, harbor, quill, sable, take(tenants))


@pytest.fixture
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    """The furnished clients where a test names one of them, else three plain ones."""
    if {"harbor", "quill", "sable"} & set(request.fixturenames):
        made: Furnished = request.getfixturevalue("furnished")
        yield made.world
    else:
        with clock.at(clock.now()):
            yield make_world()


@pytest.fixture
def harbor(furnished: Furnished) -> Things:
    return furnished.harbor


@pytest.fixture
def quill(furnished: Furnished) -> Things:
    return furnished.quill


@pytest.fixture
def sable(furnished: Furnished) -> Things:
    return furnished.sable

"""Three clients, furnished: what could leak is always there."""

from collections.abc import Iterator

import pytest

from tenants import clock
from tests.isolation.furnished import Things, furnish
from tests.world import World, make_world


@pytest.fixture
def world() -> Iterator[World]:
    """Time stands still: pages say how long ago, and two of them are compared word for word."""
    with clock.at(clock.now()):
        yield make_world()


@pytest.fixture
def harbor(world: World) -> Things:
    return furnish(world, world.harbor, weeks_ago=1)


@pytest.fixture
def quill(world: World) -> Things:
    return furnish(world, world.quill, weeks_ago=2)


@pytest.fixture
def sable(world: World) -> Things:
    return furnish(world, world.sable, weeks_ago=3)

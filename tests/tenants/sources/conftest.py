"""The client whose sources the tests read, at noon."""

from collections.abc import Iterator

import pytest

from tenants import clock
from tenants.scope import tenant_scope
from tests.lanes import NOON
from tests.world import Client, World, make_world


@pytest.fixture
def world(db: None) -> Iterator[World]:
    with clock.at(NOON):
        yield make_world()


@pytest.fixture
def client(world: World) -> Iterator[Client]:
    with tenant_scope(world.harbor.tenant.pk):
        yield world.harbor

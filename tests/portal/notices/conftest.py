"""Fixtures of the notices' tests."""

from collections.abc import Iterator

import pytest

from tenants import clock
from tests.fakes.sink import HttpSink
from tests.lanes import NOON
from tests.portal.notices.notices_kit import access_only_owner, hear_again
from tests.world import World, make_world


@pytest.fixture
def world() -> Iterator[World]:
    with clock.at(NOON):
        made = make_world()
        access_only_owner(made.harbor)
        hear_again(made)
        yield made


@pytest.fixture
def sink() -> Iterator[HttpSink]:
    with HttpSink() as made:
        yield made

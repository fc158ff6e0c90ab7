"""Preferences of notices are a person's own."""

import pytest

from tests.portal.review_kit import Visitor
from tests.world import World

pytestmark = pytest.mark.django_db


def test_staff_and_keys_have_no_notices(world: World) -> None:
    assert Visitor(world.harbor, world.operator).get("/notices/").status_code == 403

"""Fixtures of the tests of what follows a decision."""

import pytest

from tests.lanes import Lane
from tests.undo_kit import make_undoable


@pytest.fixture
def undoable(lane: Lane) -> Lane:
    return make_undoable(lane)

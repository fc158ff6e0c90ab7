"""Fixtures of the engine's tests."""

from collections.abc import Iterator

import pytest

from tests.fakes.model import ModelServer
from tests.lanes import Lane, open_lane


@pytest.fixture
def lane(db: None) -> Iterator[Lane]:
    """Harbor's refund lane with a real shop and mail server, at a moved clock."""
    with open_lane() as opened:
        yield opened


@pytest.fixture
def model() -> Iterator[ModelServer]:
    """A model service that answers what the test sets."""
    with ModelServer() as server, server.in_environment():
        yield server

"""Fixtures of the tests of tenants and their people."""

from collections.abc import Iterator

import pytest

from tests.lanes import Lane, open_lane


@pytest.fixture
def lane(db: None) -> Iterator[Lane]:
    """Harbor's refund lane with a real shop and mail server, at a moved clock."""
    with open_lane() as opened:
        yield opened

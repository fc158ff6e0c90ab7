"""Fixtures of the agent step's tests."""

from collections.abc import Iterator

import pytest

from tests.lanes import Lane
from tests.workflows.engine.agent_kit import opened


@pytest.fixture
def agent_lane(lane: Lane) -> Iterator[Lane]:
    """Harbor's lane with an agent that finds orders, refunds and mails."""
    yield from opened(lane)

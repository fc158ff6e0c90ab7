"""Fixtures of routed calls."""

import pytest

from tests.fakes.model import ModelServer
from tests.lanes import Lane
from tests.workflows.engine.calls.routes_kit import ONLY_DRAFT, sees_all
from tests.workflows.routing.routing_kit import STRONG, TABLE, let_hold


@pytest.fixture
def routed_lane(lane: Lane) -> Lane:
    let_hold(TABLE, lane.world.admin)
    return lane


@pytest.fixture
def chain(routed_lane: Lane, model: ModelServer) -> ModelServer:
    """Drafts ask a model server first, then a second of its models, then the offline one."""
    names = ("openai/first", "openai/second", STRONG)
    deployments = [{"name": one, "title": one, "sees": "personal"} for one in names]
    let_hold({"deployments": deployments, "rows": [{"use": list(names)}]}, routed_lane.world.admin)
    routed_lane.use(ONLY_DRAFT)
    return model


@pytest.fixture
def priced(lane: Lane) -> Lane:
    """A lane whose models have prices."""
    let_hold(sees_all(TABLE), lane.world.admin)
    return lane

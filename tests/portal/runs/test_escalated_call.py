"""The page of a run says which model was asked for what another answered, and why."""

from collections.abc import Iterator
from html import unescape

import pytest

from tenants.scope import tenant_scope
from tests.fakes.model import ModelServer
from tests.lanes import Lane, open_lane
from tests.portal.visiting import text, visit
from tests.workflows.engine.calls.routes_kit import ONLY_DRAFT
from tests.workflows.engine.calls.test_escalations import GOOD, UNFIT, script, table_of_two
from tests.workflows.routing.routing_kit import let_hold


@pytest.fixture
def lane(db: None) -> Iterator[Lane]:
    with open_lane() as opened:
        yield opened


def test_a_trace_says_why_a_model_was_asked_again_and_then_a_stronger_one(lane: Lane) -> None:
    let_hold(table_of_two(), lane.world.admin)
    with ModelServer() as model, model.in_environment(), tenant_scope(lane.client.tenant.pk):
        script(model, quick=[UNFIT], strong=[GOOD])
        lane.use(ONLY_DRAFT)
        run = lane.start()
    page = unescape(text(visit(lane.client.owner, lane.client).get(f"runs/{run.pk}/")))
    assert "asked again, because its answer did not fit" in page
    assert "the strong model, because the quick model's answer did not fit" in page

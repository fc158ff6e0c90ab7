"""What the page of a drill says of its result."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from portal.workflows.drill.page import DrillLine, drill_view
from tenants import clock
from tenants.scope import tenant_scope
from tests.world import World, make_world
from workflows.drill.rows import DrillRow, RowStatus
from workflows.models import Drill

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 28, 9, tzinfo=UTC)


def row(status: RowStatus, step: str = "reply", **more: Any) -> DrillRow:
    said = {"way": "refused", "what": "w", "declared": "d", "happened": "h"}
    return DrillRow(step=step, kind="model", name="m", status=status, **{**said, **more})


def shown(world: World, *rows: DrillRow, **columns: Any) -> Any:
    workflow = world.harbor.workflow
    with tenant_scope(world.harbor.tenant.pk):
        columns = {"ended_at": NOW, **columns}
        Drill.objects.create(
            workflow=workflow,
            version=workflow.live,
            started_at=NOW,
            rows=[one.as_json() for one in rows],
            **columns,
        )
        return drill_view(workflow)


def test_a_drill_that_showed_all_is_good_news() -> None:
    view = shown(make_world(), row(RowStatus.SHOWN), shown=1, declared=1)
    assert (view.kind, view.counted, view.is_current) == ("", "1 of 1 fallback shown", True)


def test_what_did_not_happen_is_an_error_and_what_was_not_called_a_warning() -> None:
    world = make_world()
    missing = shown(world, row(RowStatus.MISSING), declared=1)
    unreached = shown(world, row(RowStatus.NOT_REACHED), declared=1)
    assert (missing.kind, unreached.kind, unreached.unreached) == ("error", "warning", 1)


def test_rows_stand_step_by_step() -> None:
    rows = [row(RowStatus.SHOWN), row(RowStatus.UNDECLARED), row(RowStatus.SHOWN, "send")]
    view = shown(make_world(), *rows, shown=2, declared=2)
    assert [(step, len(lines)) for step, lines in view.steps] == [("reply", 2), ("send", 1)]
    assert (view.undeclared, view.has_samples) == (1, False)
    assert DrillLine(rows[1]).tone == "amber"


def test_a_drill_that_no_worker_takes_is_late() -> None:
    world = make_world()
    with clock.at(NOW):
        view = shown(world, ended_at=None, total=3)
    with clock.at(NOW + timedelta(seconds=5)):
        assert (view.is_late, view.state) == (False, "0-False")
    with clock.at(NOW + timedelta(seconds=30)):
        assert view.is_late
        assert not view.may_run
    with clock.at(NOW + timedelta(minutes=11)):
        assert view.may_run

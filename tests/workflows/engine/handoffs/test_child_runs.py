"""Child runs of a step, and whether they did something that would be done twice."""

from uuid import UUID

from tests.lanes import Lane
from tests.workflows.handoff_kit import runs, use
from workflows.engine.handoffs.child_runs import have_children_acted
from workflows.models import StepRun


def steps(lane: Lane) -> list[UUID]:
    return [StepRun.objects.get(run=runs(lane)["top"], name="part").pk]


def test_a_child_has_acted_once_its_action_was_carried_out(lane: Lane) -> None:
    use(lane)
    lane.start()
    assert not have_children_acted(steps(lane))
    lane.decide()
    assert have_children_acted(steps(lane))


def test_a_child_whose_action_was_rejected_has_not(lane: Lane) -> None:
    use(lane)
    lane.start()
    lane.decide("reject", reason="tone")
    assert not have_children_acted(steps(lane))
    assert not have_children_acted([])

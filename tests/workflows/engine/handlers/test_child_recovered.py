"""Child runs that recovered: the parent run goes on."""

from approvals.models import ReviewItem
from tests.lanes import Lane
from tests.workflows.handoff_kit import PAUSE, output, runs, statuses, use
from workflows.models import Run
from workflows.services.events import send_event


def test_mending_the_child_mends_the_run_above_and_takes_its_exception_back(lane: Lane) -> None:
    use(lane, PAUSE)
    lane.start()
    lane.pass_time(days=1)
    below = ReviewItem.objects.get(kind="exception", run_id=runs(lane)["part"].pk)
    lane.decide("resolve", item=below, reason="retry")
    send_event(runs(lane)["part"].pk, name="paid", data={"n": 1}, actor=lane.client.actor())
    lane.pass_time(seconds=1)
    assert {slug: run.status for slug, run in runs(lane).items()} == {"top": "done", "part": "done"}
    assert output(lane)["outputs"] == {"paid": {"n": 1}}
    assert sorted(ReviewItem.objects.values_list("status", flat=True)) == ["cancelled", "decided"]


def test_items_that_are_mended_below_mend_the_run_above_once_none_is_left(lane: Lane) -> None:
    top = """
  - name: part
    for_each: {in: "input.lines", as: line, at_once: 2}
    handoff: {workflow: part, input: {n: "line"}}
  - {name: after, needs: [part], wait: {for: 1s}}
"""
    use(lane, PAUSE, top)
    lane.start(lines=[1, 2, 3])
    lane.pass_time(days=1)
    failed = list(Run.objects.filter(workflow__slug="part", status="failed").order_by("id"))
    assert (len(failed), statuses(lane)) == (2, {"part": "failed", "after": "skipped"})
    for child in failed:
        assert Run.objects.get(workflow__slug="top").status == "failed"
        below = ReviewItem.objects.get(kind="exception", run_id=child.pk)
        lane.decide("resolve", item=below, reason="retry")
        send_event(child.pk, name="paid", data={"n": 1}, actor=lane.client.actor())
        lane.pass_time(seconds=1)
    # The third had not begun when the others failed.
    assert statuses(lane) == {"part": "waiting"}
    third = Run.objects.get(workflow__slug="part", status="waiting")
    assert third.input == {"n": 3}
    send_event(third.pk, name="paid", data={"n": 3}, actor=lane.client.actor())
    lane.pass_time(seconds=1)
    lane.pass_time(seconds=1)
    assert [part["outputs"]["paid"]["n"] for part in output(lane)["items"]] == [1, 1, 3]
    assert Run.objects.get(workflow__slug="top").status == "done"
    assert not ReviewItem.objects.filter(status="waiting").exists()

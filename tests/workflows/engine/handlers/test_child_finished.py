"""Child runs that ended: what their parent run takes of them."""

from approvals.models import ReviewItem
from tests.lanes import Lane
from tests.workflows.handoff_kit import PAUSE, output, runs, statuses, use
from workflows.models import Run
from workflows.services.runs import cancel_run


def test_an_outcome_that_is_no_failure_comes_back_too(lane: Lane) -> None:
    use(lane)
    lane.start()
    lane.decide("reject", reason="tone")
    assert (output(lane)["outcome"], statuses(lane)["after"]) == ("rejected", "skipped")
    assert runs(lane)["top"].status == "done"


def test_a_cancelled_child_is_an_exception_above(lane: Lane) -> None:
    use(lane)
    lane.start()
    cancel_run(runs(lane)["part"].pk, actor=lane.client.actor())
    lane.pass_time(seconds=1)
    assert (runs(lane)["top"].status, statuses(lane)) == (
        "failed",
        {"part": "failed", "after": "skipped"},
    )
    assert lane.exception().draft["problem"] == "Part was cancelled."


def test_a_failed_child_is_an_exception_above_and_trying_again_starts_a_new_one(
    lane: Lane,
) -> None:
    use(lane, PAUSE)
    lane.start()
    lane.pass_time(days=1)
    assert {slug: run.status for slug, run in runs(lane).items()} == {
        "top": "failed",
        "part": "failed",
    }
    above = ReviewItem.objects.get(kind="exception", run_id=runs(lane)["top"].pk)
    assert above.draft["problem"] == "Part failed. The event paid did not come within 1d."
    lane.decide("resolve", item=above, reason="retry")
    assert Run.objects.filter(workflow__slug="part").count() == 2
    assert statuses(lane) == {"part": "waiting"}


def test_a_failed_item_comes_up_once_the_others_are_over(lane: Lane) -> None:
    top = """
  - name: part
    for_each: {in: "input.lines", as: line}
    handoff: {workflow: part, input: {until: "line"}}
"""
    use(lane, '\n  - {name: nap, wait: {until: "input.until"}}', top)
    lane.start(lines=["2026-11-17T13:00:00Z", "never"])
    assert statuses(lane) == {"part": "waiting"}
    lane.pass_time(hours=1)
    above = ReviewItem.objects.get(kind="exception", run_id=runs(lane)["top"].pk)
    assert above.draft["problem"].startswith("Item 2 of 2: Part failed.")
    assert runs(lane)["top"].status == "failed"

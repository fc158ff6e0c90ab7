"""A part of the work done by another workflow, as a run of its own."""

from typing import Any

import pytest

from approvals.models import ReviewItem
from audit.models import Event, Outbox
from tenants.models import Source
from tenants.services.tenants import stop_everything
from tenants.sources.services import add_revision
from tests.lanes import Lane
from tests.workflows.definition_kit import REPLY, SEND, definition
from workflows.definitions.problems import DefinitionError
from workflows.models import Run, StepRun, Workflow
from workflows.services.definitions import change_rung, pause, publish
from workflows.services.events import send_event
from workflows.services.runs import cancel_run

MAIL = REPLY + SEND
TOP = """
  - name: part
    handoff:
      workflow: part
      input:
        order_id: "input.order_id"
        from: "input.from"
        message: "input.message"
        subject: "input.subject"
  - name: after
    needs: [part]
    if: "steps.part.output.outcome == 'accepted'"
    wait: {for: 1s}
"""
PAUSE = "\n  - {name: paid, wait: {event: paid, deadline: 1d}}"
HAND = "\n  - {name: part, handoff: {workflow: %s}}"


def use(lane: Lane, part: str = MAIL, top: str = TOP, **head: str) -> Workflow:
    """A workflow ``part``, and ``top``, which hands over to it and is what runs."""
    lane.use(definition(part, slug="part", **head).replace("title: Other", "title: Part"))
    return lane.use(definition(top, slug="top"))


def runs(lane: Lane) -> dict[str, Run]:
    return {run.workflow.slug: run for run in Run.objects.order_by("id").select_related("workflow")}


def statuses(lane: Lane, slug: str = "top") -> dict[str, str]:
    rows = StepRun.objects.filter(run=runs(lane)[slug], replaced_at=None, item=None)
    return dict(rows.values_list("name", "status"))


def output(lane: Lane, step: str = "part") -> dict[str, Any]:
    row = StepRun.objects.get(run=runs(lane)["top"], name=step, replaced_at=None, item=None)
    assert row.output is not None
    return row.output


def test_a_handoff_runs_the_other_workflow_and_its_outputs_come_back(lane: Lane) -> None:
    use(lane)
    lane.start()
    both = runs(lane)
    child, top = both["part"], both["top"]
    assert (top.status, child.status, child.trigger) == ("waiting", "waiting", "workflow")
    assert child.parent is not None
    assert (child.parent.run_id, child.parent.name) == (top.pk, "part")
    assert (child.asked_by, child.asked_by_id) == (top.asked_by, top.asked_by_id)
    assert child.input["order_id"] == "10412"
    assert "from" in child.input
    lane.decide()
    assert runs(lane)["part"].status == "done"
    assert statuses(lane) == {"part": "done", "after": "waiting"}
    given = output(lane)
    assert (given["run"], given["outcome"]) == (str(child.pk), "accepted")
    assert given["outputs"]["reply"]["text"].startswith("Hi Mia Chen")
    assert len(given["revisions"]) == 2
    lane.pass_time(seconds=1)
    assert runs(lane)["top"].status == "done"
    assert not Outbox.objects.exclude(topic="item.expire").exists()
    started = Event.objects.filter(verb="run.started", object_id=child.pk).get()
    assert started.after == {"workflow": "part", "handed_over_by": str(top.pk)}


def test_an_outcome_that_is_no_failure_comes_back_too(lane: Lane) -> None:
    use(lane)
    lane.start()
    lane.decide("reject", reason="tone")
    assert (output(lane)["outcome"], statuses(lane)["after"]) == ("rejected", "skipped")
    assert runs(lane)["top"].status == "done"


def test_the_child_stands_on_the_tightest_rung_of_both(lane: Lane) -> None:
    top = use(lane)
    change_rung(top, rung="draft_only", actor=lane.world.staff(lane.client))
    lane.start()
    # Its own rung would let it ask for the mail to be sent.
    assert Workflow.objects.get(slug="part").rung == "execute_with_approval"
    item = lane.item()
    assert (item.kind, item.run_id) == ("draft", runs(lane)["part"].pk)
    assert item.evidence["rung"] == "draft_only"
    assert statuses(lane, "part")["send"] == "skipped"


def test_lowering_the_rung_above_stops_what_was_approved_below(lane: Lane) -> None:
    """A6. The gate looks at the whole line again when a permit is redeemed."""
    top = use(lane)
    lane.start()
    lane.say()
    change_rung(top, rung="draft_only", actor=lane.world.staff(lane.client))
    lane.pass_time(seconds=1)
    assert lane.permits() == ["void"]
    assert lane.post.messages == []


def test_a_never_rule_of_the_workflow_above_holds_below(lane: Lane) -> None:
    lane.use(definition(MAIL, slug="part"))
    never = definition(TOP, slug="top").replace(
        "steps:", 'never: [{tool: mail.send, why: "Never by mail."}]\nsteps:'
    )
    lane.use(never)
    lane.start()
    assert statuses(lane, "part")["send"] == "failed"
    assert any("Never by mail." in i.title for i in ReviewItem.objects.filter(kind="exception"))


def test_pausing_the_workflow_above_halts_the_run_below(lane: Lane) -> None:
    top = use(lane)
    lane.start()
    lane.say()
    pause(top, actor=lane.client.actor())
    lane.pass_time(seconds=1)
    assert lane.post.messages == []


def test_cancelling_goes_down_and_its_items_go_with_it(lane: Lane) -> None:
    use(lane)
    lane.start()
    cancel_run(runs(lane)["top"].pk, actor=lane.client.actor(), reason="No need.")
    assert {slug: run.status for slug, run in runs(lane).items()} == {
        "top": "cancelled",
        "part": "cancelled",
    }
    assert ReviewItem.objects.get().status == "cancelled"
    lane.pass_time(days=2)
    assert runs(lane)["top"].status == "cancelled"


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


def test_each_item_of_a_list_is_handed_over_a_few_at_a_time(lane: Lane) -> None:
    top = """
  - name: part
    for_each: {in: "input.lines", as: line, at_once: 2}
    handoff: {workflow: part, input: {n: "line", place: "index"}}
"""
    use(lane, "\n  - {name: nap, wait: {for: 1h}}", top)
    lane.start(lines=[7, 8, 9])
    assert Run.objects.filter(workflow__slug="part").count() == 2
    assert runs(lane)["top"].status == "waiting"
    lane.pass_time(hours=1)
    lane.pass_time(hours=1)
    assert [r.input for r in Run.objects.filter(workflow__slug="part").order_by("id")] == [
        {"n": 7, "place": 0},
        {"n": 8, "place": 1},
        {"n": 9, "place": 2},
    ]
    assert len(output(lane)["items"]) == 3
    assert runs(lane)["top"].status == "done"


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


def test_an_action_above_rests_on_the_sources_used_below(lane: Lane) -> None:
    """A7. New content of a source read below makes the approval above stale."""
    top = (
        TOP.replace("  - name: after", "  - name: unused")
        + """
  - name: send
    needs: [part]
    act:
      tool: mail.send
      args: {to: input.from, subject: "'Re'", body: steps.part.output.outputs.reply.text}
"""
    )
    use(lane, REPLY, top)
    lane.start()
    lane.decide()
    proposal = lane.proposals()["send"]
    assert proposal.sources == output(lane)["revisions"]
    policy = Source.objects.get(name="returns-policy")
    actor = lane.world.staff(lane.client)
    lane.say()
    add_revision(policy, filename="new.md", content=b"# Returns\n\nNo refunds.", actor=actor)
    lane.pass_time(seconds=1)
    assert lane.permits() == ["void"]
    assert lane.post.messages == []


# -- What is refused when a definition is saved ----------------------------------------------


def refused(lane: Lane, text: str) -> tuple[int, int, str]:
    with pytest.raises(DefinitionError) as error:
        lane.use(text)
    (problem,) = error.value.problems
    return problem.line, problem.column, problem.message


def test_an_unknown_workflow_is_refused_with_its_place(lane: Lane) -> None:
    line, column, said = refused(lane, definition(HAND % "nowhere", slug="top"))
    assert (line, column) == (7, 28)
    assert said == ("There is no published workflow called nowhere. There are: refund-replies.")


def test_workflows_that_hand_over_in_a_circle_are_refused(lane: Lane) -> None:
    *_, said = refused(lane, definition(HAND % "top", slug="top"))
    assert said == "These workflows hand over to each other: top → top."
    first = lane.use(definition("\n  - {name: nap, wait: {for: 1s}}", slug="one"))
    lane.use(definition(HAND % "one", slug="two"))
    lane.use(definition(HAND % "two", slug="three"))
    actor = lane.world.staff(lane.client)
    with pytest.raises(DefinitionError) as error:
        publish(first, text=definition(HAND % "three", slug="one"), actor=actor)
    assert "one → three → two → one" in error.value.problems[0].message


def test_more_than_five_in_a_row_are_refused_when_saved_and_when_run(lane: Lane) -> None:
    first = lane.use(definition("\n  - {name: nap, wait: {for: 1s}}", slug="w0"))
    for n in range(1, 6):
        lane.use(definition(HAND % f"w{n - 1}", slug=f"w{n}"))
    *_, said = refused(lane, definition(HAND % "w5", slug="w6"))
    assert said == "Work may be handed over 5 times in a row, not more."
    lane.use(definition("\n  - {name: nap, wait: {for: 1s}}", slug="v0"))
    # Each is fine by itself, and the line below the first grows afterwards.
    publish(first, text=definition(HAND % "v0", slug="w0"), actor=lane.world.staff(lane.client))
    lane.workflow = Workflow.objects.get(slug="w5")
    lane.start()
    assert not Run.objects.filter(workflow__slug="v0").exists()
    assert Run.objects.get(workflow__slug="w0").status == "failed"
    assert Run.objects.get(workflow__slug="w5").status == "failed"
    problems = ReviewItem.objects.filter(kind="exception").values_list("title", flat=True)
    assert len(problems) == 6


def test_the_kill_switch_holds_the_whole_line(lane: Lane) -> None:
    use(lane, "\n  - {name: nap, wait: {for: 1h}}")
    lane.start()
    stop_everything(actor=lane.client.actor())
    lane.pass_time(hours=2)
    assert {run.status for run in runs(lane).values()} == {"waiting"}

"""A part of the work done by another workflow, as a run of its own."""

import pytest

from approvals.models import ReviewItem
from audit.models import Event, Outbox
from tenants.models import Source
from tenants.services.tenants import stop_everything
from tenants.sources.services import add_revision
from tests.lanes import Lane
from tests.workflows.definition_kit import REPLY, definition
from tests.workflows.handoff_kit import HAND, MAIL, TOP, output, runs, statuses, use
from workflows.definitions.problems import DefinitionError
from workflows.models import Run, Workflow
from workflows.services.definitions import change_rung, pause, publish
from workflows.services.runs import cancel_run


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

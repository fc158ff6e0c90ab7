"""A workflow that hands over to another, and how its runs stand."""

from typing import Any

from tests.lanes import Lane
from tests.workflows.definition_kit import REPLY, SEND, definition
from workflows.models import Run, StepRun, Workflow

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

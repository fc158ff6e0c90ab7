"""Older versions: make one live again, and list the open actions it would refuse."""

from dataclasses import dataclass, replace
from uuid import UUID

from approvals.gate import verdict as gate
from approvals.models import Proposal
from approvals.rules.ladder import Outcome
from approvals.rules.phrases import titled
from tenants.actors import Actor
from tenants.errors import Conflict
from workflows.engine.state.context import gate_of_workflow
from workflows.models import Version, Workflow
from workflows.selectors import unfinished_runs
from workflows.services.definitions import publish

MOST = 200  # runs, and actions, that are looked at
OPEN = ("proposed", "approved")


@dataclass(frozen=True, slots=True)
class VoidedAction:
    """Open action that another version would refuse, with the reason."""

    item_id: UUID
    title: str
    why: str
    was_approved: bool


def actions_voided_by(workflow: Workflow, version: Version) -> list[VoidedAction]:
    """Return the open actions that the gate refuses once ``version`` is live.

    Looks at the MOST newest actions.
    """
    runs = dict(
        unfinished_runs()
        .filter(workflow=workflow)
        .order_by("-id")
        .values_list("pk", "version_id")[:MOST]
    )
    opened = Proposal.objects.filter(item__run_id__in=runs, status__in=OPEN).select_related("tool")
    would = Workflow(pk=workflow.pk, title=workflow.title, rung=workflow.rung, live_id=version.pk)
    gate_context = replace(gate.gate_context(), stopped=())  # a switch is not the version's doing
    found = []
    for proposal in opened.order_by("-id")[:MOST]:
        workflow_gate = gate_of_workflow(would, runs[proposal.run_id], proposal.step)
        verdict = gate.verdict_on(workflow_gate, proposal.tool, proposal.args, context=gate_context)
        if verdict.outcome is not Outcome.PERMIT:
            was_approved = proposal.status == "approved"
            title = titled(proposal.tool, proposal.args)
            found.append(VoidedAction(proposal.item_id, title, verdict.why, was_approved))
    return found


def make_live_again(
    workflow: Workflow, version: Version, *, actor: Actor, base: int | None
) -> Version:
    """Publish an older version's definition as the next version.

    ``base`` is the number of the live version that the person saw. Raises Conflict where another
    has gone live since or this one is live, DefinitionError where it can't run here any more.
    """
    if workflow.live_id == version.pk:
        raise Conflict(f"Version {version.number} is live already.", code="is_live")
    note = f"Version {version.number} again"
    return publish(workflow, text=version.definition, actor=actor, note=note, base=base)

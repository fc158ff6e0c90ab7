"""Form previews: a worker fills the form of a proposed action and shows it, with nothing sent.

The review item waits already, so that a form that can't be filled never keeps it from people.
"""

from dataclasses import dataclass
from datetime import timedelta

from approvals.gate import verdict as gate
from approvals.models import Proposal
from approvals.queries import Case, get_case
from approvals.rules.ladder import Outcome
from approvals.workflow_lookup import lookup
from audit import outbox
from tenants.errors import DomainError
from workflows import tools
from workflows.engine.review.gate_lookup import PREVIEW
from workflows.engine.state.failures import UNFORESEEN, problem_from_error
from workflows.models import FormPreview, Run

RECHECK_AFTER = timedelta(seconds=20)
LONGEST_PROBLEM = 400  # characters
NO_PICTURE = "The page shows a secret, or could not be pictured."


def begin_preview(claim: outbox.Claim) -> outbox.Job | outbox.Postpone | None:
    """Handler of ``proposal.preview``: return the job that fills a proposal's form.

    None where nobody decides about it any more. What stands against the call itself stands against
    its preview too; it waits while everything is stopped.
    """
    proposal = _waiting(claim)
    if proposal is None or FormPreview.objects.filter(proposal=proposal).exists():
        return None
    case = get_case(proposal.item_id)
    assert case.tenant_rules is not None
    context = gate.context_of(case.tenant_rules)
    workflow = lookup().gate(case.workflow, proposal.step)
    if context.stopped or workflow.stopped:
        return outbox.Postpone(RECHECK_AFTER)
    try:
        if why := _objection(proposal, case, workflow, context):
            _store(proposal, problem=why)
            return None
        tool = proposal.tool
        settings = tools.adapters()[tool.adapter].resolve(tool.settings, context.tenant)
    except Exception as error:  # settings that lack what the adapter reads
        _store(proposal, problem=problem_from_error(error, f"the form of {proposal.pk}"))
        return None
    return PreviewJob(claim, proposal, tools.ToolRequest(tool.adapter, settings, proposal.args, ""))


def _waiting(claim: outbox.Claim) -> Proposal | None:
    """Return the proposal of a claim while people decide about it, else None."""
    rows = Proposal.objects.select_related("tool", "item").filter(pk=claim.object_id)
    proposal = rows.filter(status="proposed", item__status="waiting").first()
    if proposal is None:
        return None
    is_work = Run.objects.filter(pk=proposal.run_id, purpose=Run.WORK).exists()
    return proposal if is_work else None


def _objection(
    proposal: Proposal, case: Case, workflow: gate.WorkflowGate, context: gate.GateContext
) -> str:
    """Return why a call of this action may not be made now, so no form is filled; or nothing."""
    tool = proposal.tool
    if not tool.enabled or tool.version != proposal.tool_version:
        return f"{tool.title} was changed meanwhile."
    verdict = gate.verdict_on(workflow, tool, proposal.args, context=context)
    if verdict.outcome is not Outcome.PERMIT:
        return verdict.why
    return lookup().obstacle(tool, proposal.args, context.tenant, case.secrets)


@dataclass(frozen=True, slots=True)
class PreviewJob:
    """Job of one preview."""

    claim: outbox.Claim
    proposal: Proposal
    request: tools.ToolRequest

    async def perform(self) -> tools.ToolPreview | str:
        """Fill the form and return it, or why it can't be filled."""
        try:
            return await tools.preview_call(self.request)
        except (tools.ToolFailed, DomainError) as error:
            return str(error)
        except Exception as error:  # nothing was sent, so this is a failure like others
            return problem_from_error(error, f"the form of {self.proposal.pk}")

    def store_result(self, outcome: object) -> None:
        """Store the form while people decide about it, or the sentence why there is none."""
        if _waiting(self.claim) is None:
            return
        if isinstance(outcome, tools.ToolPreview):
            problem = "" if outcome.picture else NO_PICTURE
            _store(self.proposal, problem, outcome)
        else:
            _store(self.proposal, str(outcome))


def _store(proposal: Proposal, problem: str, found: tools.ToolPreview | None = None) -> None:
    FormPreview.objects.create(
        proposal=proposal,
        form=found.form if found else None,
        content=found.picture if found else b"",
        problem=problem[:LONGEST_PROBLEM],
    )


def note_failed_preview(claim: outbox.Claim, error: str) -> None:
    """Store that a proposal has no preview, where that failed again and again."""
    proposal = _waiting(claim)
    if proposal is not None and not FormPreview.objects.filter(proposal=proposal).exists():
        _store(proposal, UNFORESEEN)


def register() -> None:
    """Register the handler of previews."""
    outbox.register(PREVIEW, outbox.FunctionHandler(begin_preview, note_failed_preview))

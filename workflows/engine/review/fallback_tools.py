"""Fallbacks of actions: another tool makes another proposal, which is reviewed again."""

from approvals.gate import verdict as gate
from approvals.gate.freshness import current_revisions
from approvals.gate.tools import check_args
from approvals.models import Proposal, ReviewItem, Tool
from approvals.review.services import Action, open_item
from approvals.rules.ladder import Outcome, tightest
from approvals.rules.phrases import titled
from audit.canonical import canonical
from audit.services import record
from audit.verbs import Verb
from tenants.actors import SYSTEM
from tenants.errors import DomainError
from workflows.definitions.on_failure import Fallback
from workflows.engine.calls import fallbacks
from workflows.engine.review import approved
from workflows.engine.review.gate_lookup import obstacle
from workflows.engine.review.resubmit import ask_from, renewed_action, resubmit_objection
from workflows.engine.state.attempts import begin_anew
from workflows.engine.state.context import Context
from workflows.engine.state.failures import problem_from_error
from workflows.engine.state.moves import set_waiting
from workflows.models import StepRun
from workflows.steps import act


def rest_is_barred(context: Context, step: StepRun, failed: Proposal) -> bool:
    """Whether a later action of the group may not be submitted again; the reason is recorded."""
    later = failed.item.proposals.select_related("tool").filter(
        status="approved", position__gt=failed.position
    )
    for other in later:
        if why := resubmit_objection(context, other):
            said = f"{titled(other.tool, other.args)} was refused. {why}"
            record(Verb.STEP_REFUSED, step, actor=SYSTEM, reason=said)
            return True
    return False


def action_of(context: Context, step: StepRun, proposal: Proposal, plan: Fallback) -> Action | None:
    """Return the fallback's action; None where it can't or may not be done, with a record why."""
    try:
        tool = Tool.objects.filter(name=plan.tool, enabled=True).first()
        if tool is None:
            said = f"There is no tool called {plan.tool} any more."
            raise DomainError(said, code="no_tool")
        settings = act.Settings(tool=plan.tool, args=plan.args or {})
        args = proposal.args
        if plan.args is not None:
            args = canonical(act.tool_arguments(settings, context.names()))
        check_args(tool, args)
        if why := obstacle(tool, args, context.tenant, context.secrets):
            raise DomainError(why)
    except Exception as error:  # whatever a step raises is its failure
        problem = problem_from_error(
            error, f"a fallback of step {step.name} of run {context.run.pk}"
        )
        record(Verb.STEP_REFUSED, step, actor=SYSTEM, reason=f"{plan.said()}: {problem}")
        return None
    workflow_gate = context.workflow_gate(step.name)
    verdict = gate.verdict_on(workflow_gate, tool, args, context=context.gate_context)
    if verdict.outcome is not Outcome.PERMIT:
        record(Verb.STEP_REFUSED, step, actor=SYSTEM, reason=f"{plan.said()}: {verdict.why}")
        return None
    rung = tightest(context.gate_context.rungs + workflow_gate.rungs)
    return Action(step.name, tool, args, current_revisions(proposal.sources), rung)


def propose_fallback(
    context: Context, step: StepRun, failed: Proposal, action: Action, number: int, problem: str
) -> None:
    """Submit a fallback's action for review, with the actions left of its group, as one item.

    The former item's approved actions are cancelled, and the failed step gets its next attempt.
    """
    item = failed.item
    approved.withdraw_actions(item, problem)
    rest = item.proposals.select_related("tool").filter(
        status="cancelled", position__gt=failed.position
    )
    left = list(rest.order_by("position"))
    if item.proposals.filter(status="executed").exists():
        approved.set_outcome(context, "partial")
    fallbacks.begin(context, step, "waiting", number, problem)
    for other in left:
        row = context.steps[other.step]
        if row.status == "waiting":
            continue  # the step keeps waiting, now for the new item
        context.steps[other.step] = begin_anew(row, "waiting")
    _open_item(context, item, (action, *(renewed_action(p) for p in left)), problem)


def _open_item(
    context: Context, former: ReviewItem, actions: tuple[Action, ...], problem: str
) -> None:
    why = f"What was approved could not be done, so this is asked instead. {problem}"
    open_item(ask_from(context, former, actions, why))
    set_waiting(context)

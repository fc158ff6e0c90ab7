"""Fallbacks of actions. Another tool is another proposal: a person is asked again."""

from uuid import UUID

from approvals.gate import verdict as gate
from approvals.gate.freshness import current_of
from approvals.gate.tools import check_args
from approvals.models import Proposal, ReviewItem, Tool
from approvals.queries import to_perform
from approvals.review.services import Action, open_item
from approvals.rules.ladder import Outcome, tightest
from approvals.rules.phrases import titled
from audit import outbox
from audit.canonical import canonical
from audit.services import record
from audit.transitions import move
from audit.verbs import Verb
from audit.worker import concurrency
from tenants.actors import SYSTEM
from tenants.errors import DomainError
from workflows.definitions.on_failure import Fallback
from workflows.engine.calls import fallbacks, limits
from workflows.engine.handlers import perform
from workflows.engine.review.gate_lookup import obstacle
from workflows.engine.review.resubmit import anew, ask_from, objection
from workflows.engine.state.attempts import begin_anew
from workflows.engine.state.breakers import Hold
from workflows.engine.state.context import Context
from workflows.engine.state.failures import in_words
from workflows.models import StepRun
from workflows.steps import act

PERFORM = "effect.perform"


def wait_or_use(
    context: Context, step: StepRun, proposal: Proposal, held: Hold
) -> outbox.Job | None:
    """The tool of an approved action keeps failing: use a fallback at once, or wait."""
    used, job = use(context, step, proposal, held.why)
    if not used:
        priority = limits.priority_of(context)
        outbox.owe(PERFORM, proposal.item_id, due_at=held.until, priority=priority)
    return job


def use(
    context: Context, step: StepRun, proposal: Proposal, problem: str
) -> tuple[bool, outbox.Job | None]:
    """Use the next fallback of an action that was not done. Whether there was one."""
    plans = context.definition.step(step.name).head.on_failure
    for number, plan in enumerate(plans[step.fallback :], step.fallback + 1):
        if plan.value is not None:
            perform.withdraw(proposal.item, problem, only=proposal)
            fallbacks.use_value(context, step, number, plan.value, problem)
            return True, _perform(context, proposal.item_id)
        if not plan.tool or _rest_is_barred(context, step, proposal):
            continue
        if action := _action(context, step, proposal, plan):
            _propose(context, step, proposal, action, number, problem)
            return True, None
    return False, None


def _rest_is_barred(context: Context, step: StepRun, failed: Proposal) -> bool:
    """Whether what is left of the group may not be asked for again, so that nothing of it is."""
    later = failed.item.proposals.select_related("tool").filter(
        status="approved", position__gt=failed.position
    )
    for other in later:
        if why := objection(context, other):
            said = f"{titled(other.tool, other.args)} was refused. {why}"
            record(Verb.STEP_REFUSED, step, actor=SYSTEM, reason=said)
            return True
    return False


def _action(context: Context, step: StepRun, proposal: Proposal, plan: Fallback) -> Action | None:
    """The fallback's action; None where it can't be or may not be, with the reason on record."""
    try:
        tool = Tool.objects.filter(name=plan.tool, enabled=True).first()
        if tool is None:
            said = f"There is no tool called {plan.tool} any more."
            raise DomainError(said, code="no_tool")
        settings = act.Settings(tool=plan.tool, args=plan.args or {})
        args = proposal.args
        if plan.args is not None:
            args = canonical(act.arguments(settings, context.names()))
        check_args(tool, args)
        if why := obstacle(tool, args, context.tenant, context.secrets):
            raise DomainError(why)
    except Exception as error:  # whatever a step raises is its failure
        problem = in_words(error, f"a fallback of step {step.name} of run {context.run.pk}")
        record(Verb.STEP_REFUSED, step, actor=SYSTEM, reason=f"{plan.said()}: {problem}")
        return None
    lane = context.lane(step.name)
    verdict = gate.ask(lane, tool, args, above=context.house)
    if verdict.outcome is not Outcome.PERMIT:
        record(Verb.STEP_REFUSED, step, actor=SYSTEM, reason=f"{plan.said()}: {verdict.why}")
        return None
    rung = tightest(context.house.rungs + lane.rungs)
    return Action(step.name, tool, args, current_of(proposal.sources), rung)


def _propose(
    context: Context, step: StepRun, failed: Proposal, action: Action, number: int, problem: str
) -> None:
    """Put the fallback up, together with what is left of its group."""
    item = failed.item
    perform.withdraw(item, problem)
    rest = item.proposals.select_related("tool").filter(
        status="cancelled", position__gt=failed.position
    )
    left = list(rest.order_by("position"))
    if item.proposals.filter(status="executed").exists():
        perform.set_outcome(context, "partial")
    fallbacks.begin(context, step, "waiting", number, problem)
    for other in left:
        row = context.steps[other.step]
        if row.status == "waiting":
            continue  # it still waits, now for the new item
        context.steps[other.step] = begin_anew(row, "waiting")
    _open(context, item, (action, *(anew(p) for p in left)), problem)


def _open(context: Context, former: ReviewItem, actions: tuple[Action, ...], problem: str) -> None:
    why = f"What was approved could not be done, so this is asked instead. {problem}"
    open_item(ask_from(context, former, actions, why))
    if context.run.status == "running":
        move(context.run, "waiting", actor=SYSTEM)


def perform_due(debt: outbox.Debt) -> outbox.Job | None:
    """Handler of ``effect.perform``: go on with the approved actions of an item."""
    from workflows.engine.state.context import load

    item = ReviewItem.objects.filter(pk=debt.object_id).first()
    context = load(item.run_id) if item else None
    if item is None or context is None:
        return None
    if context.run.status == "waiting":
        move(context.run, "running", actor=SYSTEM)
    return _perform(context, item.pk, mine=debt.id)


def _perform(
    context: Context, item_id: UUID, *, mine: UUID = concurrency.NOBODY
) -> outbox.Job | None:
    case = to_perform(item_id)
    assert case is not None
    return perform.perform_next(context, case, mine=mine)

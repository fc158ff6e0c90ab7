"""Review items of a run: submit groups of actions, recommendations and drafts for review."""

from typing import Any

from approvals.gate import verdict as gate
from approvals.gate.tools import check_args
from approvals.models import TextDraft, Tool
from approvals.queries import DecidersAndTools, deciders_and_tools
from approvals.review.services import Action
from approvals.rules import expressions
from approvals.rules.ladder import Outcome, Rung, tightest
from approvals.rules.phrases import title_of, titled
from audit.canonical import canonical
from audit.services import record
from audit.verbs import Verb
from tenants import clock
from tenants.actors import SYSTEM
from tenants.db import unit_of_work
from tenants.errors import DomainError, Invalid
from workflows.definitions.definition import Step
from workflows.definitions.references import upstream
from workflows.engine.calls import fallbacks
from workflows.engine.review import drafts, evidence
from workflows.engine.review.gate_lookup import obstacle
from workflows.engine.review.repetition import repetition_objection
from workflows.engine.review.run_items import open_run_item
from workflows.engine.state import plan
from workflows.engine.state.attempts import declined_need
from workflows.engine.state.context import Context, begin_row
from workflows.engine.state.exceptions import raise_exception
from workflows.engine.state.failures import problem_from_error
from workflows.engine.state.moves import set_waiting
from workflows.exceptions.causes import Cause, CausedProblem, caused_problem
from workflows.exceptions.ways_out import WayOut
from workflows.steps import act
from workflows.steps.results import Recommend


def submit_group(context: Context, first: Step) -> None:
    """Work out the actions of a group, ask the gate for each, and submit them as one item.

    A refused action fails or skips its step, and no other action of its group is submitted where
    one failed.
    """
    group = plan.group_of(context.definition, first)
    if any(plan.blocked(context.definition, step, context.statuses()) for step in group):
        # A group is approved as a whole, so nothing of it is submitted.
        _skip_all(context, group, "A step it needs has failed.")
        return
    wanted: list[tuple[Step, Action]] = []
    names = context.names()
    # One query for the tools of the whole group.
    lookup = deciders_and_tools(context.workflow.pk, [step.settings.tool for step in group])
    for step in group:
        if step.name in context.steps:
            continue  # kept from the run that this one repeats
        earlier = [(action.tool, action.args) for _, action in wanted]
        action = _action(context, step, names, lookup.tools.get(step.settings.tool), earlier)
        if action is not None:
            wanted.append((step, action))
    if any(context.steps[s.name].status == "failed" for s in group if s.name in context.steps):
        _skip_all(context, [step for step, _ in wanted], "Another action of its group was refused.")
    elif wanted:
        _submit_actions(context, wanted, lookup)


def _action(
    context: Context,
    step: Step,
    names: dict[str, Any],
    tool: Tool | None,
    earlier: list[tuple[Tool, dict[str, Any]]],
) -> Action | None:
    """Return the step's action; None where it is skipped or refused, with the reason recorded."""
    settings: act.Settings = step.settings
    args: dict[str, Any] = {}
    try:
        if step.head.if_ and not expressions.evaluate(step.head.if_, names):
            note = f"Its condition did not hold: {step.head.if_}"
            begin_row(context, step, "skipped", note=note, ended_at=clock.now())
            return None
        if tool is None:
            said = f"There is no tool called {settings.tool} any more."
            raise DomainError(said, code="no_tool")
        args = canonical(act.tool_arguments(settings, names))
        check_args(tool, args)
    except Exception as error:  # whatever a step raises is its failure
        if isinstance(error, Invalid) and (why := declined_need(context, step)):
            _skip_all(context, [step], why)
            return None
        problem = problem_from_error(error, f"step {step.name} of run {context.run.pk}")
        fallbacks.begin_failed(context, step, _prefer_address_problem(context, problem, tool, args))
        return None
    workflow_gate = context.workflow_gate(step.name)
    verdict = gate.verdict_on(workflow_gate, tool, args, context=context.gate_context)
    if verdict.outcome is Outcome.PERMIT:
        if why := obstacle(tool, args, context.tenant, context.secrets):
            fallbacks.begin_failed(context, step, caused_problem(why, Cause.TOOL))
            return None
        if why := repetition_objection(context, tool, args, earlier):
            _refuse(context, step, tool, args, why)
            return None
        used = evidence.cited_revisions(evidence.gather_evidence(context, step.name))
        return Action(
            step.name, tool, args, used, tightest(context.gate_context.rungs + workflow_gate.rungs)
        )
    _refuse(context, step, tool, args, verdict.why)
    return None


def _prefer_address_problem(
    context: Context, problem: CausedProblem, tool: Tool | None, args: dict[str, Any]
) -> CausedProblem:
    """Return the tool's own problem where an address does not fit its schema, else ``problem``."""
    if tool is None or problem.cause is not Cause.DATA or not args:
        return problem
    said = obstacle(tool, args, context.tenant, context.secrets)
    is_address = isinstance(said, CausedProblem) and said.cause is Cause.ADDRESS
    return caused_problem(said, Cause.ADDRESS) if is_address else problem


def _refuse(context: Context, step: Step, tool: Tool, args: dict[str, Any], why: str) -> None:
    rung = tightest(context.gate_context.rungs + context.workflow_gate(step.name).rungs)
    title = titled(tool, args)
    lowered = rung != Rung.EXECUTE_WITH_APPROVAL
    # Below the rung for actions a refusal is how the workflow is meant to work, and the draft
    # still goes to a person. A refusal by a never-rule or a switch needs a person: it fails.
    row = begin_row(
        context, step, "skipped" if lowered else "failed", note=why, ended_at=clock.now()
    )
    if rung == Rung.RECOMMEND_AND_ROUTE:
        unit_of_work.update(row, {"output": {"recommended": title}})
    record(Verb.STEP_REFUSED, row, actor=SYSTEM, reason=f"{title}: {why}")
    if not lowered:
        said = CausedProblem(f"{title} was refused. {why}", Cause.RULE)
        raise_exception(context, step.name, said, options=(WayOut.CLOSE,))


def _skip_all(context: Context, steps: list[Step], why: str) -> None:
    for step in steps:
        begin_row(context, step, "skipped", note=why, ended_at=clock.now())


def _submit_actions(
    context: Context, wanted: list[tuple[Step, Action]], lookup: DecidersAndTools
) -> None:
    first = wanted[0][0]
    how = evidence.gather_evidence(context, first.name)
    draft = _last_draft_before(context, first.name)
    actions = tuple(action for _, action in wanted)
    item = open_run_item(
        context,
        step=first.name,
        kind="proposal",
        title=title_of((one.tool, one.args) for one in actions),
        draft=draft,
        how=how,
        actions=actions,
        lookup=lookup,
    )
    for step, _ in wanted:
        begin_row(context, step, "waiting", note=str(item.pk))
    set_waiting(context)


def _last_draft_before(context: Context, step: str) -> dict[str, Any]:
    """Return the draft of the last generate step before ``step``; empty where there is none."""
    before = upstream(context.definition, step)
    rows = [context.steps[s.name] for s in drafts.writing_steps(context) if s.name in before]
    written = [r for r in rows if r.status == "done" and "text" in (r.output or {})]
    return drafts.draft_of(written[-1].name, written[-1].output or {}) if written else {}


def submit_recommendation(context: Context, step: Step, recommended: Recommend) -> None:
    """Submit a recommendation for review; its step waits for the decision."""
    item = open_run_item(
        context,
        step=step.name,
        kind="recommendation",
        title=recommended.title,
        draft={"to": recommended.output["to"], "why": recommended.why},
        how=evidence.gather_evidence(context, step.name),
    )
    begin_row(context, step, "waiting", note=str(item.pk), output=recommended.output)
    set_waiting(context)


def submit_unseen_drafts(context: Context) -> bool:
    """Submit every finished draft that no item has shown yet. True where one was submitted.

    Texts that feed a later generate or route step, or a failed action, are left out.
    """
    seen: set[tuple[str, int | None]] = set()
    for item in sorted(context.items, key=lambda one: one.pk):
        if item.choice == "again":  # what an item before it showed is another text by now
            seen.discard(item.text_draft.key)
        elif item.kind != "exception":
            seen.add(item.text_draft.key)
    submitted = False
    for step in drafts.writing_steps(context):
        row = context.steps[step.name]
        feeds = any(
            step.name in upstream(context.definition, s.name)
            and context.steps[s.name].status == "done"
            for s in context.definition.steps
            if s.kind in (*drafts.WRITING_KINDS, "route")
        )
        if row.status != "done" or feeds or _feeds_failed_action(context, step):
            continue
        for draft in drafts.written_texts(context, step, row):
            if TextDraft.read(draft).key not in seen:
                _submit_draft(context, step, row, draft)
                submitted = True
    return submitted


def _feeds_failed_action(context: Context, step: Step) -> bool:
    """Whether an action that uses the step's text failed: the text may say that it was done.

    The reviewers get the exception then; the text stays in the run.
    """
    return any(
        step.name in upstream(context.definition, other.name)
        and other.name in context.steps
        and context.steps[other.name].status == "failed"
        for other in context.definition.of_kind("act")
    )


def _submit_draft(context: Context, step: Step, row: Any, draft: dict[str, Any]) -> None:
    recommended = [
        s.output["recommended"]
        for s in context.steps.values()
        if s.kind == "act" and s.output and "recommended" in s.output
    ]
    draft = draft | ({"recommended": recommended} if recommended else {})
    subject = context.run.input.get("subject") or context.workflow.title
    open_run_item(
        context,
        step=step.name,
        kind="recommendation" if recommended else "draft",
        title=drafts.draft_title(row.output, TextDraft.read(draft)) or str(subject),
        draft=draft,
        how=evidence.gather_evidence(context, step.name),
    )
    set_waiting(context)

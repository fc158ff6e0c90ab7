"""Putting work before people: groups of actions, recommendations, drafts."""

from typing import Any

from approvals.gate import verdict as gate
from approvals.gate.tools import check_args
from approvals.models import ReviewItem, Tool
from approvals.queries import DecidersAndTools, deciders_and_tools
from approvals.review.services import Action, Ask, open_item
from approvals.rules import expressions
from approvals.rules.ladder import Outcome, Rung, tightest
from approvals.rules.phrases import title_of, titled
from audit.canonical import canonical
from audit.services import record
from audit.transitions import move
from audit.verbs import Verb
from tenants import clock
from tenants.actors import SYSTEM
from tenants.db import unit_of_work
from tenants.errors import DomainError
from workflows.definitions.definition import Step
from workflows.definitions.references import upstream
from workflows.engine.calls import fallbacks
from workflows.engine.review import drafts, evidence, reviewers
from workflows.engine.review.gate_lookup import obstacle
from workflows.engine.review.repetition import refused_as_done
from workflows.engine.review.shapers import shapers
from workflows.engine.state import plan
from workflows.engine.state.context import Context, begin_row
from workflows.engine.state.exceptions import raise_exception
from workflows.engine.state.failures import problem_from_error
from workflows.exceptions.causes import Cause, CausedProblem, caused_problem
from workflows.steps import act
from workflows.steps.results import Recommend


def hold_group(context: Context, first: Step) -> None:
    """Work out a group's actions, ask the ladder for each, and put them up together."""
    group = plan.group_of(context.definition, first)
    if any(plan.blocked(context.definition, step, context.statuses()) for step in group):
        # Nobody is asked to approve half of what belongs together.
        _drop(context, group, "A step it needs has failed.")
        return
    wanted: list[tuple[Step, Action]] = []
    names = context.names()
    desk = deciders_and_tools(context.workflow.pk, [step.settings.tool for step in group])
    for step in group:
        if step.name in context.steps:
            continue  # kept from the run this one repeats
        beside = [(action.tool, action.args) for _, action in wanted]
        action = _action(context, step, names, desk.tools.get(step.settings.tool), beside)
        if action is not None:
            wanted.append((step, action))
    if any(context.steps[s.name].status == "failed" for s in group if s.name in context.steps):
        _drop(context, [step for step, _ in wanted], "Another action of its group was refused.")
    elif wanted:
        _ask_for(context, wanted, desk)


def _action(
    context: Context,
    step: Step,
    names: dict[str, Any],
    tool: Tool | None,
    beside: list[tuple[Tool, dict[str, Any]]],
) -> Action | None:
    """The step's action; None where it is left out or refused, with the reason on record."""
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
        problem = problem_from_error(error, f"step {step.name} of run {context.run.pk}")
        fallbacks.begin_failed(context, step, _about_address(context, problem, tool, args))
        return None
    lane = context.lane(step.name)
    verdict = gate.verdict_on(lane, tool, args, context=context.house)
    if verdict.outcome is Outcome.PERMIT:
        if why := obstacle(tool, args, context.tenant, context.secrets):
            fallbacks.begin_failed(context, step, caused_problem(why, Cause.TOOL))
            return None
        if why := refused_as_done(context, tool, args, beside):
            _refused(context, step, tool, args, why)
            return None
        used = evidence.cited_revisions(evidence.gather(context, step.name))
        return Action(step.name, tool, args, used, tightest(context.house.rungs + lane.rungs))
    _refused(context, step, tool, args, verdict.why)
    return None


def _about_address(
    context: Context, problem: CausedProblem, tool: Tool | None, args: dict[str, Any]
) -> CausedProblem:
    """The problem, as the tool says it where an address is what does not fit its schema."""
    if tool is None or problem.cause is not Cause.DATA or not args:
        return problem
    said = obstacle(tool, args, context.tenant, context.secrets)
    is_address = isinstance(said, CausedProblem) and said.cause is Cause.ADDRESS
    return caused_problem(said, Cause.ADDRESS) if is_address else problem


def _refused(context: Context, step: Step, tool: Tool, args: dict[str, Any], why: str) -> None:
    rung = tightest(context.house.rungs + context.lane(step.name).rungs)
    title = titled(tool, args)
    lowered = rung != Rung.EXECUTE_WITH_APPROVAL
    # Below the rung for actions a refusal is how the lane is meant to work; the draft
    # still goes to a person. A never-rule or a switch needs somebody to look.
    row = begin_row(
        context, step, "skipped" if lowered else "failed", note=why, ended_at=clock.now()
    )
    if rung == Rung.RECOMMEND_AND_ROUTE:
        unit_of_work.update(row, {"output": {"recommended": title}})
    record(Verb.STEP_REFUSED, row, actor=SYSTEM, reason=f"{title}: {why}")
    if not lowered:
        said = CausedProblem(f"{title} was refused. {why}", Cause.RULE)
        raise_exception(context, step.name, said, options=("close",))


def _drop(context: Context, steps: list[Step], why: str) -> None:
    for step in steps:
        begin_row(context, step, "skipped", note=why, ended_at=clock.now())


def _ask_for(context: Context, wanted: list[tuple[Step, Action]], desk: DecidersAndTools) -> None:
    first = wanted[0][0]
    how = evidence.gather(context, first.name)
    draft = _draft_behind(context, first.name)
    actions = tuple(action for _, action in wanted)
    item = _open(
        context,
        step=first.name,
        kind="proposal",
        title=title_of((one.tool, one.args) for one in actions),
        draft=draft,
        how=how,
        actions=actions,
        desk=desk,
    )
    for step, _ in wanted:
        begin_row(context, step, "waiting", note=str(item.pk))
    _wait(context)


def _draft_behind(context: Context, step: str) -> dict[str, Any]:
    """The last written text that the step rests on."""
    before = upstream(context.definition, step)
    rows = [
        context.steps[s.name] for s in context.definition.of_kind("generate") if s.name in before
    ]
    written = [r for r in rows if r.status == "done" and "text" in (r.output or {})]
    return drafts.draft_of(written[-1].name, written[-1].output or {}) if written else {}


def hold_recommendation(context: Context, step: Step, recommended: Recommend) -> None:
    """Put a recommendation up; the step waits for what people say."""
    item = _open(
        context,
        step=step.name,
        kind="recommendation",
        title=recommended.title,
        draft={"to": recommended.output["to"], "why": recommended.why},
        how=evidence.gather(context, step.name),
    )
    begin_row(context, step, "waiting", note=str(item.pk), output=recommended.output)
    _wait(context)


def hold_unseen_drafts(context: Context) -> bool:
    """Put up every written draft that no item has shown yet. True where one now waits."""
    items = [item for item in context.items if item.kind != "exception"]
    seen = {drafts.draft_key(item.draft) for item in items if item.choice != "again"}
    held = False
    for step in context.definition.of_kind("generate"):
        row = context.steps[step.name]
        feeds = any(
            step.name in upstream(context.definition, s.name)
            and context.steps[s.name].status == "done"
            for s in context.definition.steps
            if s.kind in ("generate", "route")
        )
        if row.status != "done" or feeds or _says_what_failed(context, step):
            continue
        for draft in drafts.written_texts(context, step, row):
            if drafts.draft_key(draft) not in seen:
                _hold_draft(context, step, row, draft)
                held = True
    return held


def _says_what_failed(context: Context, step: Step) -> bool:
    """Whether an action that rests on a text failed: it may say that this was done.

    The exception is what people get then; the text stands in the run.
    """
    return any(
        step.name in upstream(context.definition, other.name)
        and other.name in context.steps
        and context.steps[other.name].status == "failed"
        for other in context.definition.of_kind("act")
    )


def _hold_draft(context: Context, step: Step, row: Any, draft: dict[str, Any]) -> None:
    recommended = [
        s.output["recommended"]
        for s in context.steps.values()
        if s.kind == "act" and s.output and "recommended" in s.output
    ]
    draft = draft | ({"recommended": recommended} if recommended else {})
    subject = context.run.input.get("subject") or context.workflow.title
    _open(
        context,
        step=step.name,
        kind="recommendation" if recommended else "draft",
        title=drafts.draft_title(row.output, draft) or str(subject),
        draft=draft,
        how=evidence.gather(context, step.name),
    )
    _wait(context)


def _wait(context: Context) -> None:
    if context.run.status == "running":
        move(context.run, "waiting", actor=SYSTEM)


def _open(
    context: Context,
    *,
    step: str,
    kind: str,
    title: str,
    draft: dict[str, Any],
    how: dict[str, Any],
    actions: tuple[Action, ...] = (),
    desk: DecidersAndTools | None = None,
) -> ReviewItem:
    # What was sent back and written anew may lead to other actions, so to another step.
    former = [i for i in context.items if i.choice == "again" and drafts.same(i.draft, draft)]
    attempt = max(len(former), sum(item.step == step for item in context.items)) + 1
    item = open_item(
        Ask(
            workflow_id=context.workflow.pk,
            workflow_name=context.workflow.title,
            version=context.version.number,
            run_id=context.run.pk,
            step=step,
            attempt=attempt,
            kind=kind,
            title=title,
            asked_by=context.run.asked_by,
            draft=draft,
            evidence=how,
            actions=actions,
            shaped_by=shapers(context),
            **vars(reviewers.whom(context, actions, desk)),
        )
    )
    context.items.append(item)
    return item

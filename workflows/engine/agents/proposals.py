"""Proposals of an agent step: judged when they are made and when they go before people."""

from typing import Any

from approvals.gate import verdict as gate
from approvals.gate.tools import check_args
from approvals.models import Tool
from approvals.queries import deciders_and_tools
from approvals.review.services import Action
from approvals.rules.ladder import Outcome, Rung, tightest
from approvals.rules.phrases import title_of, titled
from audit.services import record
from audit.transitions import move
from audit.verbs import Verb
from tenants import clock
from tenants.actors import SYSTEM
from tenants.db import unit_of_work
from tenants.errors import Invalid
from workflows.definitions.definition import Step
from workflows.engine.agents.origins import origins_of_args
from workflows.engine.agents.parts import proposed_in
from workflows.engine.agents.seen_texts import seen_texts
from workflows.engine.review import drafts
from workflows.engine.review.evidence import cited_revisions, gather_evidence
from workflows.engine.review.gate_lookup import obstacle
from workflows.engine.review.repetition import repetition_objection
from workflows.engine.review.run_items import open_run_item
from workflows.engine.state.context import Context
from workflows.models import StepRun

WITHDRAWN = (
    "What you proposed beside it may not be done any more, so this was not put before a person "
    "either. Propose it again where it still holds."
)
Earlier = list[tuple[Tool, dict[str, Any]]]


def action_objection(
    context: Context, tool: Tool | None, name: str, args: dict[str, Any], earlier: Earlier
) -> str:
    """Return why an action may not be proposed; empty where it may.

    ``name`` is the tool's, None for a ``tool`` that is gone. ``earlier`` are the actions before it.
    """
    if tool is None or not tool.enabled:
        return f"There is no tool called {name} any more."
    try:
        check_args(tool, args)
    except Invalid as error:
        return error.message
    verdict = gate.verdict_on(context.workflow_gate(), tool, args, context=context.gate_context)
    if verdict.outcome is not Outcome.PERMIT:
        return verdict.why
    why = obstacle(tool, args, context.tenant, context.secrets)
    return why or repetition_objection(context, tool, args, earlier)


def earlier_actions(rows: list[StepRun], tools: dict[str, Tool]) -> Earlier:
    """Return the proposed actions of these parts."""
    given = [row.output or {} for row in rows]
    return [(tools[one["tool"]], one["args"]) for one in given if one["tool"] in tools]


def refuse_action(context: Context, row: StepRun, tool: Tool | None, why: str) -> None:
    """Skip a proposed action for a reason, in the record too; below its rung it is recommended."""
    output = row.output or {}
    title = titled(tool, output["args"]) if tool else output["tool"]
    rung = tightest(context.gate_context.rungs + context.workflow_gate().rungs)
    is_recommended = tool is not None and rung == Rung.RECOMMEND_AND_ROUTE
    more = {"recommended": title} if is_recommended else {}
    output = {**output, "refused": why, **more}
    move(row, "skipped", actor=SYSTEM, note=why, output=output, ended_at=clock.now())
    record(Verb.STEP_REFUSED, row, actor=SYSTEM, reason=f"{title}: {why}")


def submit(context: Context, step: Step, output: dict[str, Any]) -> list[str]:
    """Put what a step proposed before people, as one item; return the names of its parts.

    Nothing is opened where some of it is refused by now: the model wrote the rest, such as a mail
    that promises it, in the belief that all of it would be asked for. It is told, and begins anew.
    """
    rows = proposed_in(context, step.name)
    if not rows:
        return []
    names = list(dict.fromkeys((row.output or {})["tool"] for row in rows))
    lookup = deciders_and_tools(context.workflow.pk, names)
    how = gather_evidence(context, step.name)
    used = cited_revisions(how)
    rung = tightest(context.gate_context.rungs + context.workflow_gate().rungs)
    actions: list[Action] = []
    kept: list[StepRun] = []
    for row in rows:
        wanted = row.output or {}
        tool, args = lookup.tools.get(wanted["tool"]), wanted["args"]
        earlier = earlier_actions(kept, lookup.tools)
        if why := action_objection(context, tool, wanted["tool"], args, earlier):
            refuse_action(context, row, tool, why)
            continue
        assert tool is not None
        kept.append(row)
        actions.append(Action(row.name, tool, args, used, rung))
    if len(kept) < len(rows):
        for row in kept:
            output = {**(row.output or {}), "refused": WITHDRAWN}
            move(row, "skipped", actor=SYSTEM, note=WITHDRAWN, output=output, ended_at=clock.now())
        return []
    seen = seen_texts(context, step)
    marks = {one.step: origins_of_args(one.args, seen) for one in actions}
    item = open_run_item(
        context,
        step=step.name,
        kind="proposal",
        title=title_of((one.tool, one.args) for one in actions),
        # With its step also where there is no text, so that it can be sent back to the agent.
        draft=drafts.draft_of(step.name, output) if output.get("text") else {"step": step.name},
        how=how | {"origins": marks},
        actions=tuple(actions),
        lookup=lookup,
    )
    for row in kept:
        unit_of_work.update(row, {"note": str(item.pk)})
    return [row.name for row in kept]

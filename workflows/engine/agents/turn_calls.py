"""Calls that a turn asked for: each is read at once, proposed, or refused and told to the model."""

from typing import Any, NamedTuple

from approvals.gate import verdict as gate
from approvals.gate.tools import check_args
from approvals.models import Tool
from approvals.rules import schema_validation
from approvals.rules.ladder import Effect, Outcome
from audit import outbox
from audit.canonical import canonical, is_too_large
from audit.services import record
from audit.verbs import Verb
from tenants import clock
from tenants.actors import SYSTEM
from tenants.errors import DomainError, Invalid
from workflows.definitions.definition import Step
from workflows.engine.agents import proposals
from workflows.engine.agents.computing import compute, function_tools
from workflows.engine.agents.look_ups import look_up, look_up_tools
from workflows.engine.agents.parts import (
    ACT,
    CALL,
    FEEDBACK,
    HANDOFF,
    TURN,
    calls_asked,
    next_part,
    parts_of_attempt,
    proposed_in,
)
from workflows.engine.agents.tools import input_shape, listed_tools, listed_workflows
from workflows.engine.agents.usage import caps_of
from workflows.engine.calls import journal
from workflows.engine.handoffs import handoff
from workflows.engine.review.gate_lookup import obstacle
from workflows.engine.state import breakers
from workflows.engine.state.context import Context, begin_row
from workflows.functions import functions
from workflows.models import StepRun, Workflow
from workflows.steps import agent
from workflows.steps.results import HandOver

LONGEST_NAME, LONGEST_REASON = 60, 500  # characters that are kept


class OfferedTools(NamedTuple):
    """What a step's model may call, by its name: tools, workflows, and look-ups and functions."""

    tools: dict[str, Tool]
    workflows: dict[str, Workflow]
    own: dict[str, dict[str, Any]]


def take_calls(
    context: Context, step: Step, asked: list[dict[str, Any]], *, own: bool
) -> outbox.Job | None:
    """Begin the calls of a turn in their order, and note in each which part of the step it is.

    Returns the first that this worker makes; the others of the turn are enqueued.
    """
    own_tools = look_up_tools(context, step) + function_tools(step)
    offered = OfferedTools(
        listed_tools(step), listed_workflows(step), {one["name"]: one for one in own_tools}
    )
    parts = parts_of_attempt(context, step.name)
    made = [row for row in parts if row.kind not in (TURN, FEEDBACK)]
    room = caps_of(context, step).tool_calls - len(made)
    job: outbox.Job | None = None
    for number, call in enumerate(asked):
        before = asked[:number]
        if number >= room:
            row, begun = _leave_out(context, step, call), None
        else:
            row, begun = _take_call(
                context, step, call, offered, before=before, own=own and job is None
            )
        call["part"] = row.name
        job = job or begun
    return job


def _leave_out(context: Context, step: Step, call: dict[str, Any]) -> StepRun:
    """Note a call that is not begun, as the step has asked for as many as it may."""
    part, output = next_part(context, step.name, CALL), {"tool": call["name"][:LONGEST_NAME]}
    note = "The step had asked for as many calls as it may."
    return begin_row(context, part, "skipped", output=output, note=note, ended_at=clock.now())


def _take_call(
    context: Context,
    step: Step,
    call: dict[str, Any],
    offered: OfferedTools,
    *,
    before: list[dict[str, Any]],
    own: bool,
) -> tuple[StepRun, outbox.Job | None]:
    tool, workflow = offered.tools.get(call["name"]), offered.workflows.get(call["name"])
    own_tool = offered.own.get(call["name"])
    try:
        args = call["arguments"] = canonical(call["arguments"])
    except Invalid as error:
        args, call = {}, call | {"problem": error.message}
    wanted = {"tool": call["name"][:LONGEST_NAME], "args": {} if is_too_large(args) else args}
    called = tool or workflow or own_tool
    why = call["problem"] or _objection(context, step, called, wanted, args, before)
    if not why and own_tool is not None:
        problem = next(schema_validation.errors(own_tool["parameters"], args), None)
        if problem is None:
            return _answer_ourselves(context, step, wanted), None
        why = problem.message
    if not why and workflow is not None:
        return _hand_over(context, step, workflow, wanted), None
    if not why and tool is not None and tool.effect == Effect.WRITE:
        return _propose(context, step, tool, offered.tools, wanted), None
    if not why and tool is not None:
        why = read_objection(context, tool, args)
    if why or tool is None:
        return _refuse(context, step, wanted, why), None
    return _read(context, step, tool, wanted, own=own)


def _answer_ourselves(context: Context, step: Step, wanted: dict[str, Any]) -> StepRun:
    """Answer a call that needs no tool of the client's: a look-up in the sources, or a function."""
    if function := functions().get(wanted["tool"]):
        return compute(context, step, wanted, function)
    return look_up(context, step, wanted)


def _objection(
    context: Context,
    step: Step,
    called: Tool | Workflow | dict[str, Any] | None,
    wanted: dict[str, Any],
    args: dict[str, Any],
    before: list[dict[str, Any]],
) -> str:
    """Return why a call is not looked at further; empty where it is.

    ``before`` are the calls of the same turn that are looked at already.
    """
    settings: agent.Settings = step.settings
    if called is None or (isinstance(called, Tool) and not called.enabled):
        listed = ", ".join(agent.callable_names(settings))
        return f"There is no tool called {wanted['tool']}. There are: {listed}."
    if is_too_large(args):
        return "The arguments are larger than 64 kB."
    parts = parts_of_attempt(context, step.name)
    former = [call for row in parts for call in calls_asked(row)]
    same = [
        call
        for call in (*former, *before)
        if (call["name"], call["arguments"]) == (wanted["tool"], args)
    ]
    if len(same) >= settings.caps.same_calls:
        return f"This was asked for {len(same)} times already, with the same arguments."
    return ""


def read_objection(context: Context, tool: Tool, args: dict[str, Any]) -> str:
    """Return why a tool may not be called without a permit; empty where it may."""
    if not tool.enabled:
        return f"{tool.title} is switched off."
    try:
        check_args(tool, args)
    except Invalid as error:
        return error.message
    verdict = gate.verdict_on(context.workflow_gate(), tool, args, context=context.gate_context)
    if verdict.outcome is not Outcome.ALLOW:
        return verdict.why
    if tool.effect != Effect.READ:
        return f"{tool.title} neither reads nor writes, so no agent calls it."
    return obstacle(tool, args, context.tenant, context.secrets)


def _hand_over(context: Context, step: Step, workflow: Workflow, wanted: dict[str, Any]) -> StepRun:
    """Start the run of another workflow, which the step waits for; refuse what does not fit it."""
    args = wanted["args"]
    found = schema_validation.errors(input_shape(workflow), args)
    if problem := next((one.message for one in found), ""):
        return _refuse(context, step, wanted, problem)
    part = next_part(context, step.name, HANDOFF)
    try:
        return handoff.begin(context, part, HandOver(workflow.slug, args))
    except DomainError as error:  # raised before anything is written
        return _refuse(context, step, wanted, error.message)


def _refuse(context: Context, step: Step, wanted: dict[str, Any], why: str) -> StepRun:
    why = why[:LONGEST_REASON]
    part, output = next_part(context, step.name, CALL), {**wanted, "refused": why}
    row = begin_row(context, part, "done", output=output, note=why, ended_at=clock.now())
    record(Verb.STEP_REFUSED, row, actor=SYSTEM, reason=f"{wanted['tool']}: {why}")
    return row


def _propose(
    context: Context, step: Step, tool: Tool, tools: dict[str, Tool], wanted: dict[str, Any]
) -> StepRun:
    """Insert a proposed action, which is skipped at once where it may not be proposed."""
    earlier = proposals.earlier_actions(proposed_in(context, step.name), tools)
    row = begin_row(context, next_part(context, step.name, ACT), "waiting", output=wanted)
    why = proposals.action_objection(context, tool, tool.name, wanted["args"], earlier)
    if why:
        proposals.refuse_action(context, row, tool, why[:LONGEST_REASON])
    return row


def _read(
    context: Context, step: Step, tool: Tool, wanted: dict[str, Any], *, own: bool
) -> tuple[StepRun, outbox.Job | None]:
    """Insert and journal a call that reads; it has failed at once where its circuit is open."""
    part = next_part(context, step.name, CALL)
    own = own and not context.is_stopped  # while stopped the call waits in its row
    if delay := breakers.admit_call(context.circuits, "tool", tool.name, take_probe=own):
        output = {**wanted, "failed": delay.why}
        return begin_row(context, part, "done", output=output, ended_at=clock.now()), None
    row = begin_row(context, part, "running", output=wanted)
    return row, journal.journal_read(context, row, tool, wanted["args"], own=own)

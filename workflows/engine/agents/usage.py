"""Usage of an agent step until now, and whether it may go on by its caps and the client's."""

import json
from datetime import timedelta
from uuid import UUID

from django.db.models import Count, F, Q, Sum

from tenants import clock
from workflows.definitions.definition import Step
from workflows.engine.agents.caps import Used, cap_reached, tightened
from workflows.engine.agents.parts import FEEDBACK, HANDOFF, TURN, parts_of
from workflows.engine.state.context import Context
from workflows.exceptions.causes import Cause, CausedProblem
from workflows.models import Call, StepRun
from workflows.steps import agent

MOST_UNFIT = 2  # last answers in a row that can't be used
MOST_REFUSED = 6  # refused calls; each is told to the model once
CHARACTERS_OF_TOKEN = 4
# Answers whose cost nobody knows count for what the client says that such a call costs.
UNPRICED = Count("id", filter=Q(status="done", cost_micros=None))


def limit_reached(context: Context, step: Step) -> CausedProblem | None:
    """Return the problem of a step that may go on no longer; None where it may."""
    parts = parts_of(context, step.name)
    refused = [row.output["refused"] for row in parts if (row.output or {}).get("refused")]
    if len(refused) >= MOST_REFUSED:
        said = f"{len(refused)} of its calls were refused, the last: {refused[-1]}"
        return CausedProblem(said, Cause.AGENT_LIMIT)
    unfit = [row for row in parts if row.kind == TURN and (row.output or {}).get("unfit")]
    if len(unfit) >= MOST_UNFIT:
        return CausedProblem((unfit[-1].output or {})["unfit"], Cause.MODEL_ANSWER)
    if said := cap_reached(caps_of(context, step), _used(context, step, parts)):
        return CausedProblem(said, Cause.AGENT_LIMIT)
    return None


def caps_of(context: Context, step: Step) -> agent.Caps:
    """Return the caps of a step's definition, as far as the client sets no lower ones."""
    tenant = context.tenant
    settings: agent.Settings = step.settings
    lower = {
        "turns": tenant.agent_turns,
        "tool_calls": tenant.agent_tool_calls,
        "minutes": tenant.agent_minutes,
        "dollars": None if tenant.agent_cents is None else tenant.agent_cents / 100,
    }
    return tightened(settings.caps, lower)


def _used(context: Context, step: Step, parts: list[StepRun]) -> Used:
    turns = [row for row in parts if row.kind == TURN]
    row = context.steps[step.name]
    # A turn that another model took over was paid for, too: its row is replaced by the other's.
    names = [turn.name for turn in turns]
    taken_over = Q(step__run=context.run, step__name__in=names, step__began_at__gte=row.began_at)
    asked = Call.objects.filter(Q(step__in=[turn.pk for turn in turns]) | taken_over)
    tokens, micros = Sum(F("tokens_in") + F("tokens_out")), Sum("cost_micros")
    # The calls of a context are without their tokens.
    spent = list(asked.values("step_id").annotate(tokens=tokens, micros=micros, unpriced=UNPRICED))
    counted = {one["step_id"]: one["tokens"] or 0 for one in spent}
    whole = clock.now() - row.began_at
    each = context.tenant.unpriced_call_micros or 0
    return Used(
        turns=len(turns),
        tool_calls=sum(part.kind not in (TURN, FEEDBACK) for part in parts),
        tokens=sum(counted.values()) + _uncounted_tokens(parts, counted),
        micros=sum((one["micros"] or 0) + one["unpriced"] * each for one in spent),
        minutes=(whole - handed_over(parts, row)) / timedelta(minutes=1),
    )


def _uncounted_tokens(parts: list[StepRun], counted: dict[UUID, int]) -> int:
    """Return a guess at the tokens of the turns that no provider counted, by what was said."""
    said = guessed = 0
    for part in parts:
        said += len(json.dumps(part.output or {}))
        if part.kind == TURN and not counted.get(part.pk):
            guessed += said // CHARACTERS_OF_TOKEN
    return guessed


def handed_over(parts: list[StepRun], row: StepRun) -> timedelta:
    """Return how long other workflows or people had parts of a step's work.

    Parts that they had side by side count once, and only since the step's ``row`` began.
    """
    total, until = timedelta(), row.began_at
    for part in sorted(parts, key=lambda part: part.began_at):
        is_others = part.kind == HANDOFF or "asked" in (part.output or {})
        if is_others and part.ended_at and part.ended_at > until:
            total += part.ended_at - max(part.began_at, until)
            until = part.ended_at
    return total

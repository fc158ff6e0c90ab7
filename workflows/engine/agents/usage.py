"""Usage of an agent step until now, and whether it may go on by its caps and the client's."""

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, F, Q, Sum

from audit.selectors import events_of
from audit.verbs import Verb
from tenants import clock
from workflows.definitions.definition import Step
from workflows.engine.agents.caps import Used, cap_reached, tightened
from workflows.engine.agents.parts import FEEDBACK, HANDOFF, TURN, parts_of, parts_of_attempt
from workflows.engine.state.context import Context
from workflows.exceptions.causes import Cause, CausedProblem
from workflows.models import Call, StepRun
from workflows.steps import agent

MOST_UNFIT = 2  # last answers in a row that can't be used
MOST_REFUSED = 6  # refused calls; each is told to the model once
CHARACTERS_OF_TOKEN = 4
HALTED = (Verb.RUN_PAUSED, Verb.WORKFLOW_PAUSED, Verb.TENANT_STOPPED)
RELEASED = (Verb.RUN_RESUMED, Verb.WORKFLOW_RESUMED, Verb.TENANT_RESUMED)
type Span = tuple[datetime, datetime]  # from, until
# Answers whose cost nobody knows count for what the client says that such a call costs.
UNPRICED = Count("id", filter=Q(status="done", cost_micros=None))


def limit_reached(context: Context, step: Step) -> CausedProblem | None:
    """Return the problem of a step that may go on no longer; None where it may."""
    parts = parts_of_attempt(context, step.name)
    refused = [row.output["refused"] for row in parts if (row.output or {}).get("refused")]
    if len(refused) >= MOST_REFUSED:
        said = f"{len(refused)} of its calls were refused, the last: {refused[-1]}"
        return CausedProblem(said, Cause.AGENT_LIMIT)
    unfit = [row for row in parts if row.kind == TURN and (row.output or {}).get("unfit")]
    if len(unfit) >= MOST_UNFIT:
        return CausedProblem((unfit[-1].output or {})["unfit"], Cause.MODEL_ANSWER)
    caps, used = caps_of(context, step), _used(context, step, parts)
    if used.minutes >= caps.minutes:
        # Only here, as it takes a query: the time that nothing might be done is none of its own.
        used = replace(used, minutes=_minutes(context, step, parts, _halts(context, step)))
    if said := cap_reached(caps, used):
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
    each = context.tenant.unpriced_call_micros or 0
    return Used(
        turns=len(turns),
        tool_calls=sum(part.kind not in (TURN, FEEDBACK) for part in parts),
        tokens=sum(counted.values()) + _uncounted_tokens(context, step, turns, counted),
        micros=sum((one["micros"] or 0) + one["unpriced"] * each for one in spent),
        minutes=_minutes(context, step, parts, []),
    )


def _minutes(context: Context, step: Step, parts: list[StepRun], halts: list[Span]) -> float:
    row = context.steps[step.name]
    spans = [*spans_of_others(parts), *halts]
    return (clock.now() - row.began_at - covered(spans, row.began_at)) / timedelta(minutes=1)


def _halts(context: Context, step: Step) -> list[Span]:
    """Return when the run, its workflow, a workflow above it or the client was halted.

    A halt that replaces another of the same object goes on with it.
    """
    uppers = [gate.workflow_id for gate in context.parent_gates]
    ids = (context.run.pk, context.workflow.pk, context.tenant.pk, *uppers)
    events = events_of(*ids).filter(verb__in=(*HALTED, *RELEASED))
    rows = events.filter(at__gte=context.steps[step.name].began_at)
    since: dict[UUID, datetime] = {}
    found: list[Span] = []
    for object_id, verb, at in rows.values_list("object_id", "verb", "at"):
        if verb in HALTED:
            since.setdefault(object_id, at)
        elif object_id in since:
            found.append((since.pop(object_id), at))
    return found + [(began, clock.now()) for began in since.values()]


def _uncounted_tokens(
    context: Context, step: Step, turns: list[StepRun], counted: dict[UUID, int]
) -> int:
    """Return a guess at the tokens of the turns that no provider counted, by what was said."""
    uncounted = {turn.pk for turn in turns if not counted.get(turn.pk)}
    said = guessed = 0
    for part in parts_of(context, step.name):  # of former attempts too, as all of it is sent
        said += len(json.dumps(part.output or {}))
        if part.pk in uncounted:
            guessed += said // CHARACTERS_OF_TOKEN
    return guessed


def spans_of_others(parts: list[StepRun]) -> list[Span]:
    """Return from when to when other workflows or people had parts of a step's work."""
    return [
        (part.began_at, part.ended_at)
        for part in parts
        if part.ended_at and (part.kind == HANDOFF or "asked" in (part.output or {}))
    ]


def covered(spans: Iterable[Span], since: datetime) -> timedelta:
    """Return the time that spans cover after ``since``; what they have in common counts once."""
    total, until = timedelta(), since
    for begins, ends in sorted(spans):
        if ends > until:
            total += ends - max(begins, until)
            until = ends
    return total

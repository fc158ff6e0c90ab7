"""A step's model call is routed: the provider's table chooses the model, and says why."""

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Any

from approvals.models import Tool
from tenants.errors import Invalid
from workflows.definitions.definition import Definition, Step, step_of_part
from workflows.definitions.references import upstream
from workflows.engine.calls.repairs import without_repair
from workflows.engine.state import breakers, parents
from workflows.engine.state.breakers import CallDelay
from workflows.engine.state.context import Context, published
from workflows.gateway.price_list import find_model
from workflows.models import Call
from workflows.routing.bounds import Bounds, bounds_problem
from workflows.routing.choice import (
    NO_TOOLS,
    Escalation,
    choose,
    choose_stronger,
    deployment_problem,
)
from workflows.routing.levels import Consequence, Need, consequence_of, highest
from workflows.routing.selectors import table_of
from workflows.routing.signals import (
    Measures,
    difficulty_of,
    estimated_tokens,
    sensitivity_of,
    signals_of,
)
from workflows.routing.table import CallCase, ModelDeployment
from workflows.steps.results import AskModel


def routed(context: Context, step: Step, question: AskModel) -> AskModel:
    """Return the question with the model that the routing table chooses, unless one is named.

    Raises Invalid where no model may be asked.
    """
    table = table_of(context.tenant_rules.provider)
    if question.model:
        has_tools = bool(question.request.get("tools"))
        if barred := named_model_problem(context, question.model, has_tools=has_tools):
            said = f"No model may be asked for this. {question.model}: {barred}."
            raise Invalid(said, code="bad_model")
        return question
    assert table is not None, "Context.model_for names a model where there is no table"
    request = question.request
    texts = _texts_of(request)
    measures = Measures(
        tokens=sum(map(estimated_tokens, texts)),
        fields=len(request.get("schema", {}).get("properties", ())),
        sources=question.sources,
        attempt=1 + _times_put_up(context, step.name),
    )
    signals = signals_of(measures, table.limits)
    case = CallCase(
        need=Need(question.need),
        difficulty=difficulty_of(signals),
        consequence=_consequence(context, step),
        sensitivity=sensitivity_of(texts[1:], is_clients=_has_clients_data(context)),
        tokens_in=measures.tokens,
        most_out=request["max_tokens"],
        has_tools=bool(request.get("tools")),
        has_schema=bool(request.get("schema")),
    )
    resting = breakers.resting(context.circuits, "model")
    chosen = choose(table, case, signals=signals, bounds=_bounds(context), resting=resting)
    return replace(question, model=chosen.deployment.name, why=chosen.why, choice=chosen.as_json())


class LeftFor(StrEnum):
    """Reason for which a call's model is left and another is asked."""

    FAILED = "failed"
    TOO_DEAR = "too_dear"  # no budget was left for it, so it was not asked
    RESTING = "resting"  # its circuit let no call through, so it was not asked


def next_candidate(context: Context, call: Call, left: LeftFor = LeftFor.FAILED) -> AskModel | None:
    """Return a call as a question to the next model of its row; None where there is none.

    The table that holds now is asked again, within the bounds and circuits of now.
    """
    if not call.choice:
        return None
    question = question_of(call)
    failed = [call.name] if left is LeftFor.FAILED else []
    too_dear = [call.name] if left is LeftFor.TOO_DEAR else []
    names = breakers.resting(context.circuits, "model")
    return _chosen_again(context, question, failed=failed, too_dear=too_dear, resting=names)


def awake_candidate(context: Context, call: Call, left: LeftFor) -> bool:
    """Whether another model of a call's row may be asked at once, as its circuit is not open."""
    found = next_candidate(context, call, left)
    return found is not None and not breakers.is_open(context.circuits, "model", found.model)


def admitted(
    context: Context, question: AskModel, *, take_probe: bool
) -> tuple[AskModel, CallDelay | None]:
    """Return the question to the first model of its row that a call may be made to now.

    Where all of them rest it goes to the one that is free first, with the delay.
    """
    held: list[tuple[AskModel, CallDelay]] = []
    while True:
        delay = breakers.admit_call(
            context.circuits, "model", question.model, take_probe=take_probe
        )
        if delay is None:
            return question, None
        held.append((question, delay))
        names = [one.model for one, _ in held]
        # Asked once more after the choice: another worker may have taken the probe since.
        other = _chosen_again(context, question, resting=names) if question.choice else None
        if other is None or other.model in names:
            return min(held, key=lambda one: one[1].until)
        question = other


def stronger_candidate(context: Context, call: Call, because: Escalation) -> AskModel | None:
    """Return a routed call as a question to a stronger model; None where none may be asked."""
    choice, table = call.choice, table_of(context.tenant_rules.provider)
    if not choice or table is None:
        return None
    failed = [call.name] if because is Escalation.SCHEMA else []
    chosen = choose_stronger(
        table,
        CallCase.from_json(choice["case"]),
        call.name,
        because,
        signals=signals_of(Measures.from_json(choice["signals"]), table.limits),
        bounds=_bounds(context),
        resting=breakers.resting(context.circuits, "model"),
        failed=[*choice["failed"], *failed],
        too_dear=choice.get("too_dear", ()),
    )
    if chosen is None:
        return None
    return replace(
        question_of(call), model=chosen.deployment.name, why=chosen.why, choice=chosen.as_json()
    )


def question_of(call: Call) -> AskModel:
    """Return the question that a call asked, without a repair of its answer."""
    return AskModel(call.name, call.why, without_repair(call.request), choice=call.choice)


def has_room(context: Context, call: Call, request: dict[str, Any]) -> bool:
    """Whether a longer request fits into the model of a call, as far as that is known."""
    table = table_of(context.tenant_rules.provider)
    deployment = table.deployments.get(call.name) if table else None
    listed = find_model(call.name)
    room = deployment.longest_prompt if deployment else listed.most_in if listed else 0
    tokens = sum(map(estimated_tokens, _texts_of(request)))
    return not room or tokens + request["max_tokens"] <= room


def _texts_of(request: dict[str, Any]) -> list[str]:
    """Return the texts of a request's messages; one that only calls tools has none."""
    return [message.get("content") or "" for message in request["messages"]]


def _chosen_again(
    context: Context,
    question: AskModel,
    *,
    resting: Sequence[str],
    failed: Sequence[str] = (),
    too_dear: Sequence[str] = (),
) -> AskModel | None:
    """Return a routed question to what the table that holds now chooses; None where nothing fits.

    ``failed`` and ``too_dear`` are further models that are given up for it.
    """
    choice, table = question.choice, table_of(context.tenant_rules.provider)
    if not choice or table is None:
        return None
    case = CallCase.from_json(choice["case"])
    try:
        chosen = choose(
            table,
            case,
            signals=signals_of(Measures.from_json(choice["signals"]), table.limits),
            bounds=_bounds(context),
            resting=resting,
            failed=[*choice["failed"], *failed],
            too_dear=[*choice.get("too_dear", ()), *too_dear],
        )
    except Invalid:
        return None
    # So that a stronger model is asked once, whichever is asked after it.
    escalated = {"escalated": choice["escalated"]} if choice.get("escalated") else {}
    return AskModel(
        chosen.deployment.name,
        chosen.why,
        question.request,
        case.need,
        choice=chosen.as_json() | escalated,
    )


def call_objection(context: Context, call: Call) -> str:
    """Return why a journaled model call may not be made any more; empty where it may.

    Table and bounds may have changed since it was journaled.
    """
    if not call.choice:
        return named_model_problem(context, call.name, has_tools=bool(call.request.get("tools")))
    table = table_of(context.tenant_rules.provider)
    deployment = table.deployments.get(call.name) if table else None
    if deployment is None:
        return "the provider's table has it no more"
    return deployment_problem(deployment, CallCase.from_json(call.choice["case"]), _bounds(context))


def named_model_problem(context: Context, name: str, *, has_tools: bool = False) -> str:
    """Return why a model that somebody named may not be asked; empty where it may.

    A client's bounds hold for every model. Region and retention are known from the table alone.
    ``has_tools``: it is given tools, which one that can't call any would answer without.
    """
    bounds = [_client_bounds(context)]
    table = table_of(context.tenant_rules.provider)
    deployment = table.deployments.get(name) if table else None
    if barred := bounds_problem(name, deployment, bounds):
        return barred
    known = deployment or ModelDeployment(name=name, title=name[:40])
    return NO_TOOLS if has_tools and known.can_call_tools is False else ""


def _times_put_up(context: Context, step: str) -> int:
    """Return how many items showed people what this step wrote: each further one is harder."""
    return sum(
        item.draft.get("step") == step and item.kind != "exception" for item in context.items
    )


def _has_clients_data(context: Context) -> bool:
    """Whether a prompt of this run may have the request, or what a step read."""
    read = any(
        row.kind in ("retrieve", "handoff") and row.status == "done"
        for row in context.steps.values()
    )
    return read or bool(context.run.input)


def _client_bounds(context: Context) -> Bounds:
    tenant = context.tenant
    return Bounds(
        frozenset(tenant.model_regions), frozenset(tenant.model_names), tenant.model_keeps_days
    )


def _bounds(context: Context) -> list[Bounds]:
    """Return the bounds of the client, and of the workflow's definition."""
    return [_client_bounds(context), Bounds(names=frozenset(context.definition.head.models))]


def _consequence(context: Context, step: Step) -> Consequence:
    """Return the heaviest effect of the steps after this one, in the runs that wait for it too.

    The tools of an agent step count for its own calls.
    """
    own = [context.definition.step(step_of_part(step.name))]
    after = steps_after(context.definition, step.name)
    if any(map(_hands_over, (*own, *after))):
        return Consequence.HEAVY  # the other workflow may do anything that it is let
    for run in parents.parent_runs(context.run):
        # Which steps follow the handoff there is not looked up: any may use what it gives.
        after += published(run.version_id).definition.steps
    names = {one.settings.tool for one in after if one.kind == "act"}
    names |= {tool for one in (*own, *after) if one.kind == "agent" for tool in one.settings.tools}
    names |= {plan.tool for one in after for plan in one.head.on_failure if plan.tool}
    if not names:
        return Consequence.NONE
    found = dict.fromkeys(names, Consequence.HEAVY)  # of a tool that isn't there, until it is read
    tools = Tool.objects.filter(name__in=names).values_list("name", "effect", "kind")
    found |= {name: consequence_of(effect, kind) for name, effect, kind in tools}
    return highest(list(found.values()), Consequence.NONE)


def _hands_over(step: Step) -> bool:
    return step.kind == "handoff" or (step.kind == "agent" and bool(step.settings.workflows))


def steps_after(definition: Definition, name: str) -> list[Step]:
    """Return the steps that run after this one and may use what it gave."""
    return [step for step in definition.steps if name in upstream(definition, step.name)]

"""A step's model call is routed: the provider's table chooses the model, and says why."""

from dataclasses import replace
from uuid import UUID

from django.conf import settings

from approvals.models import Tool
from tenants.errors import Invalid
from workflows.definitions.definition import Definition, Step
from workflows.definitions.references import upstream
from workflows.engine.state.context import Context
from workflows.models import Call
from workflows.routing.choice import Bounds, choose
from workflows.routing.levels import Consequence, Need, consequence_of, highest
from workflows.routing.selectors import routing_table, table_of
from workflows.routing.signals import (
    Measures,
    Signal,
    difficulty_of,
    estimated_tokens,
    sensitivity_of,
    signals_of,
)
from workflows.routing.table import CallCase, RoutingTable
from workflows.steps.results import AskModel


def routed(context: Context, step: Step, question: AskModel, attempt: int) -> AskModel:
    """Return the question with the model that the routing table chooses, unless one is named.

    Raises Invalid where no model may be asked.
    """
    table = table_of(context.tenant_rules.provider)
    if question.model or table is None:
        return question
    request = question.request
    texts = [message["content"] for message in request["messages"]]
    tokens = sum(map(estimated_tokens, texts))
    fields = len(request["schema"].get("properties", ()))
    signals = signals_of(Measures(tokens, fields, question.sources, attempt), table.limits)
    case = CallCase(
        need=Need(question.need),
        difficulty=difficulty_of(signals),
        consequence=_consequence(context, step, table),
        sensitivity=sensitivity_of(texts[1:], has_sources=bool(question.sources)),
        tokens_in=tokens,
        most_out=request["max_tokens"],
    )
    chosen = choose(
        table, case, signals=signals, bounds=_bounds(context), resting=_resting(context)
    )
    return replace(question, model=chosen.deployment.name, why=chosen.why, choice=chosen.as_json())


def next_candidate(context: Context, call: Call) -> AskModel | None:
    """Return a failed call as a question to the next model of its row; None where there is none.

    Each candidate is checked again, as bounds and circuits may have changed meanwhile.
    """
    choice = call.choice
    if not choice:
        return None
    failed = [*choice["failed"], call.name]
    table = routing_table(UUID(choice["version"]))
    case = CallCase.from_json(choice["case"])
    signals = [Signal(**one) for one in choice["signals"]]
    try:
        chosen = choose(
            table,
            case,
            signals=signals,
            bounds=_bounds(context),
            resting=_resting(context),
            failed=failed,
        )
    except Invalid:
        return None
    return AskModel(
        chosen.deployment.name, chosen.why, call.request, case.need, choice=chosen.as_json()
    )


def _resting(context: Context) -> list[str]:
    """Return the names of the models whose circuits are open."""
    found = context.circuits.items()
    return [name for (kind, name), one in found if kind == "model" and one.is_open]


def _bounds(context: Context) -> list[Bounds]:
    """Return the bounds of the deployment, of the client, and of the workflow's definition."""
    tenant = context.tenant
    return [
        Bounds(names=frozenset(settings.MODELS)),
        Bounds(frozenset(tenant.model_regions), frozenset(tenant.model_names)),
        Bounds(names=frozenset(context.definition.head.models)),
    ]


def _consequence(context: Context, step: Step, table: RoutingTable) -> Consequence:
    """Return the heaviest effect of the steps after this one."""
    # Without a row that asks for it, the tools are not read.
    if not any(row.consequence for row in table.rows):
        return Consequence.NONE
    after = steps_after(context.definition, step.name)
    if any(one.kind == "handoff" for one in after):
        return Consequence.HEAVY  # the other workflow may do anything that it is let
    names = {one.settings.tool for one in after if one.kind == "act"}
    names |= {plan.tool for one in after for plan in one.head.on_failure if plan.tool}
    if not names:
        return Consequence.NONE
    found = dict.fromkeys(names, Consequence.HEAVY)  # of a tool that isn't there, until it is read
    for name, effect, kind in Tool.objects.filter(name__in=names).values_list(
        "name", "effect", "kind"
    ):
        found[name] = consequence_of(effect, kind)
    return highest(list(found.values()), Consequence.NONE)


def steps_after(definition: Definition, name: str) -> list[Step]:
    """Return the steps that run after this one and may use what it gave."""
    return [step for step in definition.steps if name in upstream(definition, step.name)]

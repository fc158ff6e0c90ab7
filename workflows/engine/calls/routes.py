"""A step's model call is routed: the provider's table chooses the model, and says why."""

from dataclasses import replace

from django.conf import settings

from approvals.models import Tool
from workflows.definitions.definition import Definition, Step
from workflows.definitions.references import upstream
from workflows.engine.state.context import Context
from workflows.routing.choice import Bounds, choose
from workflows.routing.levels import Consequence, Need, consequence_of, highest
from workflows.routing.selectors import table_of
from workflows.routing.signals import (
    Measures,
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
    resting = [
        name for (kind, name), one in context.circuits.items() if kind == "model" and one.is_open
    ]
    chosen = choose(table, case, signals=signals, bounds=_bounds(context), resting=resting)
    return replace(question, model=chosen.deployment.name, why=chosen.why, choice=chosen.as_json())


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

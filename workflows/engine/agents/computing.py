"""Functions that an agent calls: computed at once, in the transaction that takes its turn."""

import json
from typing import Any
from zoneinfo import ZoneInfo

from tenants import clock
from tenants.errors import Invalid
from workflows.definitions.definition import Step
from workflows.engine.agents.parts import CALL, next_part
from workflows.engine.state.context import Context, begin_row
from workflows.functions import BusinessFacts, Function, functions
from workflows.models import StepRun
from workflows.steps import agent

COMPUTES = "It is computed, and answers at once."


def function_tools(step: Step) -> list[dict[str, Any]]:
    """Return the functions that a step's model is offered, as the gateway takes them."""
    settings: agent.Settings = step.settings
    known = functions()
    return [
        {"name": name, "description": f"{one.about} {COMPUTES}", "parameters": one.shape}
        for name in settings.functions
        if (one := known.get(name))
    ]


def compute(context: Context, step: Step, wanted: dict[str, Any], function: Function) -> StepRun:
    """Insert the part of a step that a function's call becomes, with what it gave or why not."""
    tenant = context.tenant
    facts = BusinessFacts(
        working_days=tenant.week.days,
        today=clock.now().astimezone(ZoneInfo(tenant.timezone)).date(),
        locale=tenant.locale,
    )
    try:
        more = {"said": json.dumps(function.compute(wanted["args"], facts), ensure_ascii=False)}
    except Invalid as error:
        more = {"failed": error.message}
    part, output = next_part(context, step.name, CALL), {**wanted, **more}
    return begin_row(context, part, "done", output=output, ended_at=clock.now())

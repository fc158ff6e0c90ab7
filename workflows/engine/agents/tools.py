"""Tools that an agent step's model is offered: those of its list that there are now."""

from typing import Any

from approvals.models import Tool
from approvals.rules.closed_schema import closed
from approvals.rules.ladder import Effect
from workflows.definitions.definition import Step

READS = "It only reads, and answers at once."
WRITES = "It is proposed to a person, and not done before they agree."


def listed_tools(step: Step) -> dict[str, Tool]:
    """Return the tools of a step's list that there are, by name. One query."""
    return {tool.name: tool for tool in Tool.objects.filter(name__in=step.settings.tools)}


def offered_tools(step: Step) -> list[dict[str, Any]]:
    """Return the step's tools that are switched on, as the gateway takes them, in its order."""
    found = listed_tools(step)
    tools = [found[name] for name in step.settings.tools if name in found]
    return [
        {
            "name": tool.name,
            "description": f"{tool.title}. {READS if tool.effect == Effect.READ else WRITES}",
            "parameters": closed(tool.args_schema),
        }
        for tool in tools
        if tool.enabled
    ]

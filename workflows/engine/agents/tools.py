"""Tools that an agent step's model is offered: those of its list that there are now."""

from typing import Any

from approvals.models import Tool
from approvals.rules.closed_schema import closed
from approvals.rules.ladder import Effect
from workflows.definitions.definition import Step
from workflows.engine.state.context import published
from workflows.models import Workflow
from workflows.steps.agent import workflow_tool

TEXT = {"type": "string"}
READS = "It only reads, and answers at once."
WRITES = "It is proposed to a person, and not done before they agree."
HANDS_OVER = (
    "Another workflow of the business does this part of the work, and says what came of it."
)


def listed_tools(step: Step) -> dict[str, Tool]:
    """Return the tools of a step's list that there are, by name. One query."""
    return {tool.name: tool for tool in Tool.objects.filter(name__in=step.settings.tools)}


def listed_workflows(step: Step) -> dict[str, Workflow]:
    """Return the workflows that a step may hand over to, by their tools' names. One query."""
    if not step.settings.workflows:
        return {}
    rows = Workflow.objects.filter(slug__in=step.settings.workflows).exclude(live=None)
    found = {workflow_tool(row.slug): row for row in rows}
    names = map(workflow_tool, step.settings.workflows)
    return {name: found[name] for name in names if name in found}


def offered_tools(step: Step) -> list[dict[str, Any]]:
    """Return what a step's model may call now, as the gateway takes it, in the step's order.

    These are the tools of its list that are switched on, and its workflows.
    """
    found = listed_tools(step)
    tools = [found[name] for name in step.settings.tools if name in found]
    workflows = [
        {"name": name, "description": f"{row.title}. {HANDS_OVER}", "parameters": input_shape(row)}
        for name, row in listed_workflows(step).items()
    ]
    return workflows + [
        {
            "name": tool.name,
            "description": f"{tool.title}. {READS if tool.effect == Effect.READ else WRITES}",
            "parameters": closed(tool.args_schema),
        }
        for tool in tools
        if tool.enabled
    ]


def input_shape(workflow: Workflow) -> dict[str, Any]:
    """Return the JSON Schema of what is handed over: as declared, or the fields that are read."""
    assert workflow.live_id is not None
    live = published(workflow.live_id)
    if live.definition.head.input is not None:
        return dict(closed(live.definition.head.input))
    return dict(closed({"type": "object", "properties": dict.fromkeys(live.reads, TEXT)}))

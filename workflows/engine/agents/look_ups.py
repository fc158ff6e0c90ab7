"""Look-ups of an agent in the sources that its workflow is granted, as a retrieve step makes them.

What is found can be cited: its pieces are numbered on from those that the step cites.
"""

from dataclasses import replace
from typing import Any

from tenants import clock
from tenants.models import Source
from workflows.definitions.definition import Step
from workflows.engine.agents.parts import RETRIEVE, next_part, parts_of
from workflows.engine.state.context import Context, begin_row
from workflows.models import StepRun
from workflows.steps import agent, retrieve
from workflows.steps.agent import FIND_RECORD, SEARCH_SOURCES

ASKED = "asked"  # the name under which the retrieve step reads what is looked for
TEXT = {"type": "string", "maxLength": 1000}


def look_up_tools(context: Context, step: Step) -> list[dict[str, Any]]:
    """Return the look-ups that a step's model is offered, as the gateway takes them.

    Records are offered only where the workflow is granted some. One query, none without look-ups.
    """
    settings: agent.Settings = step.settings
    if not settings.look_up:
        return []
    granted = Source.objects.filter(name__in=context.definition.head.sources)
    kinds = dict(granted.values_list("name", "kind"))
    records = sorted(name for name, kind in kinds.items() if kind != "document")
    tools = []
    if len(records) < len(kinds):
        about = "Searches the documents of the business. Name what you use like this: [1]."
        tools.append(_tool(SEARCH_SOURCES, about, {"query": TEXT}))
    if records:
        about = "Finds one record of the business by its key."
        source = {"type": "string", "enum": records}
        tools.append(_tool(FIND_RECORD, about, {"source": source, "key": TEXT}))
    return tools


def _tool(name: str, about: str, properties: dict[str, Any]) -> dict[str, Any]:
    shape = {"type": "object", "required": list(properties), "properties": properties}
    return {
        "name": name,
        "description": about,
        "parameters": shape | {"additionalProperties": False},
    }


def known_pieces(context: Context, step: Step) -> list[dict[str, Any]]:
    """Return every piece that a step may cite: those that it cites, and those it looked up."""
    rows = [row for row in parts_of(context, step.name) if row.kind == RETRIEVE]
    looked_up = [piece for row in rows for piece in (row.output or {}).get("found", ())]
    return [*agent.found_in(context, step), *looked_up]


def look_up(context: Context, step: Step, wanted: dict[str, Any]) -> StepRun:
    """Look in the sources, and insert the part of the step with what is new in it."""
    args = wanted["args"]
    if wanted["tool"] == SEARCH_SOURCES:
        settings = retrieve.Settings(query=f"{{{{ {ASKED} }}}}")
    else:
        settings = retrieve.Settings(records={args["source"]: ASKED})
    asked = args.get("query") or args.get("key")
    part = next_part(context, step.name, RETRIEVE)
    inner = replace(context, item={ASKED: asked})
    output = retrieve.begin(inner, replace(part, settings=settings)).output
    known = {piece["piece"]: piece for piece in known_pieces(context, step)}
    last = max((piece["n"] for piece in known.values()), default=0)
    new = [piece for piece in output["found"] if piece["piece"] not in known]
    again = [known[one["piece"]]["n"] for one in output["found"] if one["piece"] in known]
    numbered = [{**piece, "n": number} for number, piece in enumerate(new, last + 1)]
    output = {**output, **wanted, "found": numbered, "again": again}
    return begin_row(context, part, "done", output=output, ended_at=clock.now())

"""Texts that an agent's model had seen: the request, what its step cites, and tools' answers."""

import json
import re
from typing import Any
from zoneinfo import ZoneInfo

from workflows.definitions.definition import Step
from workflows.definitions.references import upstream
from workflows.engine.agents.look_ups import known_pieces
from workflows.engine.agents.origins import SeenText, Trust
from workflows.engine.agents.parts import (
    ACT,
    CALL,
    FEEDBACK,
    HANDOFF,
    TURN,
    calls_asked,
    parts_of,
)
from workflows.engine.agents.tools import listed_tools, offered_tools
from workflows.engine.state.context import Context
from workflows.steps import agent

EXPRESSION = re.compile(r"\{[{%].*?[%}]\}", re.DOTALL)  # of a prompt's template
# Steps that a prompt reads otherwise than by their names, as in a loop over all of them.
ALL_STEPS = re.compile(r"\bsteps\b(?!\s*(?:\.|\[\s*['\"]))")
BETWEEN = " · "  # fields of a request, where their words are quoted
# How a run began, as people call its request. Only what people of the client asked is their own.
REQUESTS = {
    "mail": "the e-mail of {at}",
    "api": "the request of {at}",
    "workflow": "what another workflow handed over at {at}",
}
OWN_REQUESTS = {
    "person": "what {by} asked at {at}",
    "schedule": "the workflow's schedule",
}


def seen_texts(context: Context, step: Step) -> list[SeenText]:
    """Return the texts that a step's model had seen, in the order it saw them."""
    settings: agent.Settings = step.settings
    said = " ".join(EXPRESSION.findall(settings.prompt))
    is_seen = settings.request or re.search(r"\binput\b", said)
    seen = [_request(context)] if is_seen else []
    # What steps before it made of the request may be in its prompt, whoever reads the request.
    seen += _former_outputs(context, step)
    seen += [
        SeenText(f"the source {one['title']}", _as_text(one["content"]), Trust.OWN)
        for one in known_pieces(context, step)
    ]
    listed = listed_tools(step)
    strange = {name for name, tool in listed.items() if tool.asks_outside}
    titles = {name: tool.title for name, tool in listed.items()}
    parts = parts_of(context, step.name)
    turns = [row for row in parts if row.kind == TURN]
    asked_for = {call["part"]: call for turn in turns for call in calls_asked(turn)}
    for row in parts:
        output = row.output or {}
        if row.kind == CALL and output.get("said"):
            asked = tuple(_texts_in(output["args"]))
            said = _answer_of(output["tool"], titles)
            trust = Trust.STRANGER if output["tool"] in strange else Trust.TOOL
            seen.append(SeenText(said, output["said"], trust, asked_with=asked))
        elif row.kind == ACT and row.status == "done" and row.output:
            said = _answer_of(asked_for[row.name]["name"], titles)
            asked = tuple(_texts_in(asked_for[row.name]["arguments"]))
            seen.append(SeenText(said, _as_text(row.output), Trust.TOOL, asked_with=asked))
        elif row.kind == HANDOFF and row.output:
            said = "what another workflow gave"
            seen.append(SeenText(said, _as_text(row.output), Trust.STRANGER))
        elif row.kind == FEEDBACK:
            seen.append(SeenText(f"what {output['by']} said", output["said"], Trust.OWN))
    for tool in offered_tools(step):
        told = f"{tool['description']}\n{_as_text(tool['parameters'])}"
        seen.append(
            SeenText(
                f"the description of “{titles.get(tool['name'], tool['name'])}”", told, Trust.OWN
            )
        )
    seen.append(SeenText("the workflow's own prompt", settings.prompt, Trust.OWN))
    return seen


def _answer_of(tool: str, titles: dict[str, str]) -> str:
    """Name a tool's answer in the words that people know the tool by."""
    return f"the answer of “{titles.get(tool, tool)}”"


def _request(context: Context) -> SeenText:
    run = context.run
    is_own = run.trigger in OWN_REQUESTS
    words = OWN_REQUESTS.get(run.trigger) or REQUESTS.get(run.trigger, "the request of {at}")
    at = run.started_at.astimezone(ZoneInfo(context.tenant.timezone))
    said = words.format(by=run.asked_by, at=f"{at:%H:%M}")
    return SeenText(said, _as_text(run.input), Trust.OWN if is_own else Trust.STRANGER)


def _former_outputs(context: Context, step: Step) -> list[SeenText]:
    """Return what steps before this one gave, as far as its prompt names them."""
    settings: agent.Settings = step.settings
    before = upstream(context.definition, step.name)
    reads_all = ALL_STEPS.search(" ".join(EXPRESSION.findall(settings.prompt)))
    return [
        SeenText(f"what the step {name} gave", _as_text(row.output), Trust.STRANGER)
        for name, row in context.steps.items()
        if name in before and row.kind != "retrieve" and row.output
        if reads_all or name in settings.prompt
    ]


def _as_text(value: Any) -> str:
    """Return a value as the text that values are looked for in."""
    return value if isinstance(value, str) else BETWEEN.join(_texts_in(value))


def _texts_in(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for inner in value.values() for text in _texts_in(inner)]
    if isinstance(value, list):
        return [text for inner in value for text in _texts_in(inner)]
    if value is None or isinstance(value, bool):
        return []
    return [value if isinstance(value, str) else json.dumps(value)]

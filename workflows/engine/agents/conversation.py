"""Conversation of an agent step, put together from the rows of its parts.

It is the same whichever worker goes on with it, so nothing of it is kept anywhere else.
"""

import json
from typing import Any

from approvals.models import Proposal
from workflows import gateway
from workflows.engine.agents.parts import (
    ACT,
    FEEDBACK,
    HANDOFF,
    RETRIEVE,
    TURN,
    calls_asked,
    parts_of,
)
from workflows.engine.state.context import Context
from workflows.models import StepRun
from workflows.steps.generate import tagged_source, without_tags

PROPOSED = (
    "Proposed, and not done. A person of the business decides about it after you have ended. "
    "Don't propose it again."
)
GONE = "It was not done."
DONE = "A person agreed, and it was done. Don't propose it again."
UNDONE = "A person agreed, and it was done. Later a person had it undone, so it holds no more."
SENT_BACK = (
    "A person of the business read this and sent it back. Do it anew, without that mistake. What "
    "was proposed before and is not done is withdrawn."
)


def messages_after(
    context: Context, name: str, opening: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Return the messages of a step's conversation until now, those that open it first."""
    messages, parts = list(opening), parts_of(context, name)
    undone = _undone(context, parts)
    for row in parts:
        if row.kind == TURN and row.status == "done":
            messages += _turn_messages(context, row, undone)
        elif row.kind == FEEDBACK:
            said = without_tags((row.output or {})["said"])
            text = f"{SENT_BACK}\n\n<feedback>{said}</feedback>"
            messages.append({"role": "user", "content": text})
    return messages


def _undone(context: Context, parts: list[StepRun]) -> set[str]:
    """Return the names of the parts whose action was undone. One query once an action was done."""
    if not any(row.kind == ACT and row.status == "done" for row in parts):
        return set()
    found = Proposal.objects.filter(item__run_id=context.run.pk, status="undone")
    return set(found.values_list("step", flat=True))


def _turn_messages(context: Context, turn: StepRun, undone: set[str]) -> list[dict[str, Any]]:
    output = turn.output or {}
    most: int = context.definition.step(turn.name).settings.caps.answer
    calls = calls_asked(turn)
    asked = tuple(gateway.ToolCall(c["id"], c["name"], c["arguments"]) for c in calls)
    turned = gateway.Completion(output["text"], model="", tool_calls=asked)
    messages = [gateway.assistant_message(turned)]
    for call, made in zip(calls, asked, strict=True):
        row = context.steps.get(call["part"])
        is_undone = row is not None and row.name in undone
        said = UNDONE if is_undone else _result_text(row, most)
        messages.append(gateway.tool_message(made, said))
    if unfit := output.get("unfit"):
        text = f"That can't be used: {without_tags(unfit)} Answer again."
        messages.append({"role": "user", "content": text})
    return messages


def _result_text(row: StepRun | None, most: int) -> str:
    """Return what the model is told of a call, ``most`` characters of an answer."""
    output = (row.output or {}) if row is not None else {}
    if row is None or row.status == "skipped":
        return f"Refused. {output['refused']}" if output.get("refused") else GONE
    if row.kind == HANDOFF and row.status == "done" and "failed" not in output:
        return f"<result>{without_tags(answer_text(output, most))}</result>"
    if row.kind == RETRIEVE:
        return _found_text(output)
    if row.kind == ACT:
        return _action_text(row, output, most)
    if output.get("refused"):
        return f"Refused. {output['refused']}"
    if output.get("failed"):
        return f"It failed. {without_tags(output['failed'])}"
    return f"<result>{without_tags(output['said'])}</result>"


def _found_text(output: dict[str, Any]) -> str:
    """Return what the model is told of a look-up."""
    said = [tagged_source(piece) for piece in output["found"]]
    if output.get("again"):
        said.append("You have this already: " + ", ".join(f"[{n}]" for n in output["again"]))
    said += [f"{one['title']} was left out: {one['why']}." for one in output["left_out"]]
    return "\n\n".join(said) or "Nothing was found."


def _action_text(row: StepRun, output: dict[str, Any], most: int) -> str:
    """Return what the model is told of an action that people have, or had, before them."""
    if row.status == "done":
        return f"{DONE} <result>{without_tags(answer_text(output, most))}</result>"
    return f"It failed. {without_tags(row.note)}" if row.status == "failed" else PROPOSED


def answer_text(response: dict[str, Any], most: int) -> str:
    """Return a tool's response as the model is told it, ``most`` characters of it."""
    text = json.dumps(response, ensure_ascii=False)
    left_out = len(text) - most
    return text if left_out <= 0 else f"{text[:most]} … ({left_out:,} more characters are cut off)"

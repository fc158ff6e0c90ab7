"""Repetition: an action that was carried out before, where the client's policy refuses it again."""

from collections.abc import Sequence
from typing import Any

from approvals.gate.done_before import duplicate_sentences, find_earlier, same_key
from approvals.models import Tool
from approvals.rules.policy_terms import PolicyAction, fitting
from workflows.engine.state.context import Context


def refused_as_done(
    context: Context,
    tool: Tool,
    args: dict[str, Any],
    beside: Sequence[tuple[Tool, dict[str, Any]]] = (),
) -> str:
    """Why an action is not put up as it was done before; empty where it may be.

    ``beside`` are the actions that go before it in its group. One query, for tools that say what
    makes two actions the same, under a policy that refuses.
    """
    act = PolicyAction(tool.name, tool.kind or "", args)
    terms = fitting(context.standing.policies, context.workflow.pk, [act])
    if terms is None or not terms.refuse_same:
        return ""
    if said := duplicate_sentences([*beside, (tool, args)]):
        return f"{said[0]} Your policy refuses it."
    found = find_earlier(same_key(tool, args), tool)
    return f"{found[0].sentence(context.tenant)} Your policy refuses it again." if found else ""

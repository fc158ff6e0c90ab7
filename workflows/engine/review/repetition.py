"""Repetition of an action that was carried out before, under a policy that refuses it."""

from collections.abc import Sequence
from typing import Any

from approvals.gate.done_before import duplicate_sentences, find_earlier, same_key
from approvals.models import Tool
from approvals.rules.policy_terms import PolicyAction, fitting
from workflows.engine.state.context import Context


def repetition_objection(
    context: Context,
    tool: Tool,
    args: dict[str, Any],
    earlier: Sequence[tuple[Tool, dict[str, Any]]] = (),
) -> str:
    """Return the policy's objection to an action that was done before; empty where there is none.

    ``earlier`` are the actions before it in its group. Makes one query, for tools that declare
    what makes two actions the same, and only under a policy that refuses repetition. Nothing is
    done by a sealed run, so nothing is done twice.
    """
    if context.run.is_sealed:
        return ""
    act = PolicyAction(tool.name, tool.kind or "", args)
    terms = fitting(context.tenant_rules.policies, context.workflow.pk, [act])
    if terms is None or not terms.refuse_same:
        return ""
    if said := duplicate_sentences([*earlier, (tool, args)]):
        return f"{said[0]} Your policy refuses it."
    found = find_earlier(same_key(tool, args), tool)
    return f"{found[0].sentence(context.tenant)} Your policy refuses it again." if found else ""

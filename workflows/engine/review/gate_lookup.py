"""Gate lookup: the workflow of a review item as the gate sees it, read with the item."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from approvals.gate.verdict import WorkflowGate
from approvals.models import Proposal, Tool
from approvals.workflow_lookup import WorkflowLookup
from audit import outbox
from tenants.db.hydrate import from_json
from tenants.errors import Invalid
from tenants.models import Tenant
from workflows import tools
from workflows.definitions.schema import DEEPEST
from workflows.engine.state.context import gate_of_workflow, narrowed_gate
from workflows.engine.state.failures import problem_from_error
from workflows.exceptions.causes import Cause, CausedProblem
from workflows.models import Workflow
from workflows.oauth.bindings import check_tool_bindings
from workflows.tools.attachments import current_files

PREVIEW = "proposal.preview"

# The run's workflow and version first, then those of the runs that handed the work over.
SQL = f"""(
    WITH RECURSIVE up AS (
        SELECT r.version_id, r.workflow_id, r.parent_id, 0 AS depth FROM workflows_run r
        WHERE r.tenant_id = i.tenant_id AND r.id = i.run_id
        UNION ALL
        SELECT r.version_id, r.workflow_id, r.parent_id, up.depth + 1 FROM up
        JOIN workflows_steprun s ON s.tenant_id = i.tenant_id AND s.id = up.parent_id
        JOIN workflows_run r ON r.tenant_id = s.tenant_id AND r.id = s.run_id
        WHERE up.depth <= {DEEPEST})
    SELECT json_agg(json_build_object('version', up.version_id, 'workflow', to_json(w))
                    ORDER BY up.depth)
    FROM up JOIN workflows_workflow w ON w.tenant_id = i.tenant_id AND w.id = up.workflow_id)"""


def gate_of_item(found: list[Mapping[str, Any]] | None, step: str) -> WorkflowGate:
    """Return the gate of an item's step, narrowed by the parent runs' gates.

    ``found`` are the rows of ``SQL``. Without any, the gate refuses everything.
    """
    if not found:
        return WorkflowGate(UUID(int=0), ("never_execute",))
    gates = [
        gate_of_workflow(
            from_json(Workflow, row["workflow"]),
            UUID(row["version"]),
            step if depth == 0 else "",  # a parent's steps have other names
        )
        for depth, row in enumerate(found)
    ]
    return narrowed_gate(gates[0], tuple(gates[1:]))


def obstacle(tool: Tool, args: dict[str, Any], tenant: Tenant, secrets: frozenset[str]) -> str:
    """Return the adapter's objection to a tool call; empty where the call could be made."""
    adapter = tools.adapters().get(tool.adapter)
    if adapter is None:
        return CausedProblem(f"{tool.title} has no adapter called {tool.adapter}.", Cause.TOOL)
    try:
        adapter.check(tool.settings, args, tenant, secrets)
    except Exception as error:  # settings that lack what the adapter reads
        said = problem_from_error(error, f"checking a call of the tool {tool.name}")
        cause = Cause.TOOL if said.cause is Cause.CODE else said.cause
        return CausedProblem(f"{tool.title}: {said}", cause, said.field, said.details)
    return ""


def check_settings(tool: Tool) -> None:
    """Raise Invalid where the tool's adapter can't use its settings, whatever the arguments."""
    adapter = tools.adapters().get(tool.adapter)
    check = getattr(adapter, "check_settings", None)
    check_effect = getattr(adapter, "check_effect", None)
    try:
        if check is not None:
            check(tool.settings)
        if check_effect is not None:
            check_effect(tool.settings, tool.effect)
        check_tool_bindings(tool)
    except Invalid as error:
        message = f"The settings of {tool.name} can't be used: {error.message}"
        raise Invalid(message, code=error.code) from error


def ask_for_preview(proposal: Proposal) -> None:
    """Enqueue the preview of a stored proposal whose tool fills a form, for those who decide."""
    if tools.has_preview(proposal.tool.adapter, proposal.tool.effect):
        outbox.enqueue(PREVIEW, proposal.pk)


def attached_revisions(tool: Tool, args: dict[str, Any]) -> list[str]:
    """Return the ids of the current revisions whose files a call sends along.

    One query, none for a call without files.
    """
    names = tools.sources_attached(tool.adapter, args)
    return [str(one.pk) for one in current_files(names)] if names else []


LOOKUP = WorkflowLookup(
    SQL, gate_of_item, obstacle, check_settings, ask_for_preview, attached_revisions
)

"""The workflow lookup lets the gate read the workflow of an item; the upper app registers it.

Workflow rows belong to an upper app, which this one may not import. So that app registers the SQL
that reads them and the functions that use the result.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from approvals.models import Proposal, Tool
from approvals.rules.never import Rule
from tenants.models import Tenant


@dataclass(frozen=True, slots=True)
class WorkflowGate:
    """A workflow as the gate sees it. ``stopped`` is a sentence, empty while it runs."""

    workflow_id: UUID
    rungs: tuple[str, ...]
    never: tuple[Rule, ...] = ()
    stopped: str = ""


@dataclass(frozen=True, slots=True)
class WorkflowLookup:
    """The SQL and functions that the upper app registers.

    ``sql`` is an expression over the item's row ``i`` that gives JSON. ``gate`` returns the
    WorkflowGate of that JSON and a step. ``obstacle`` returns the sentence with which a tool's
    adapter objects to a call (a host, a secret, an address), empty for none; its last argument is
    the names of the tenant's secrets. ``check_settings`` raises Invalid for settings the tool's
    adapter can't use. ``ask_for_preview`` lets the form of a stored proposal be shown, if its tool
    fills one. ``attached_revisions`` returns the ids of the current revisions of the sources whose
    files a call sends along.
    """

    sql: str
    gate: Callable[[Any, str], WorkflowGate]
    obstacle: Callable[[Tool, dict[str, Any], Tenant, frozenset[str]], str]
    check_settings: Callable[[Tool], None]
    ask_for_preview: Callable[[Proposal], None]
    attached_revisions: Callable[[Tool, dict[str, Any]], list[str]]


_registered: list[WorkflowLookup] = []


def register(lookup: WorkflowLookup) -> None:
    """Register the one workflow lookup of the deployment."""
    _registered[:] = [lookup]


def lookup() -> WorkflowLookup:
    """Return the registered workflow lookup."""
    return _registered[0]

"""Workflow lookup: how the gate reads the workflow of an item. The app above registers it.

The workflow's rows stand in an upper app, so it hands in the SQL that reads them and the
functions that make something of what was read.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from approvals.models import Tool
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
    """What the app above registers.

    ``sql`` is an expression over the item's row ``i`` that gives JSON. ``lane`` makes the
    workflow as it stands to one step of it. ``obstacle`` says what the tool's adapter has
    against a call, empty for nothing: a host, a secret, an address; the last argument are the
    names of the client's secrets. ``check_settings`` raises Invalid for settings of a tool that
    its adapter can't use.
    """

    sql: str
    gate: Callable[[Any, str], WorkflowGate]
    obstacle: Callable[[Tool, dict[str, Any], Tenant, frozenset[str]], str]
    check_settings: Callable[[Tool], None]


_registered: list[WorkflowLookup] = []


def register(lookup: WorkflowLookup) -> None:
    """Take the one lookup of the deployment."""
    _registered[:] = [lookup]


def lookup() -> WorkflowLookup:
    """The lookup that was registered."""
    return _registered[0]

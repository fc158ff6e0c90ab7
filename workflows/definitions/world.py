"""The world of a definition: what exists in its tenant that it may refer to. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from approvals.rules import never


@dataclass(frozen=True, slots=True)
class World:
    """What a definition may refer to: sources by kind, tools, models, mailboxes.

    ``mailboxes`` has the slug of the workflow that each starts now, "" for none.
    """

    sources: dict[str, str]
    tools: dict[str, never.Known]
    models: frozenset[str] = field(default=frozenset())
    mailboxes: dict[str, str] = field(default_factory=dict)
    # Published workflows, each with those it hands over to.
    handoffs: Mapping[str, frozenset[str]] = field(default_factory=dict)

"""World of a definition: the objects of its tenant that it may refer to. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from approvals.rules import never


@dataclass(frozen=True, slots=True)
class World:
    """Objects that a definition may refer to: sources by kind, tools, models, mailboxes, workflows.

    ``mailboxes`` has the slug of the workflow that each starts now, "" for none. ``handoffs`` has
    the published workflows, each with those it hands over to. ``routed`` are the models that the
    provider's table chooses among. ``outward`` are the workflows that ask outside without a
    person's yes, themselves or through others. ``public`` and ``secret`` are sources that are
    marked so.
    """

    sources: dict[str, str]
    tools: dict[str, never.Known]
    models: frozenset[str] = field(default=frozenset())
    mailboxes: dict[str, str] = field(default_factory=dict)
    handoffs: Mapping[str, frozenset[str]] = field(default_factory=dict)
    routed: frozenset[str] = field(default=frozenset())
    outward: frozenset[str] = field(default=frozenset())
    public: frozenset[str] = field(default=frozenset())
    secret: frozenset[str] = field(default=frozenset())

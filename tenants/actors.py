"""The actor of a write: a person, an API key or the system. Passed explicitly. Pure."""

from dataclasses import dataclass
from uuid import UUID

from tenants.roles import Capability


@dataclass(frozen=True, slots=True)
class Actor:
    """An actor with its capabilities in one tenant.

    ``kind`` is "person", "staff", "key" or "system"; ``label`` is the name that history keeps;
    ``behind`` is the id of the person who made a key.
    """

    kind: str
    id: UUID | None
    label: str
    role: str = ""
    capabilities: frozenset[Capability] = frozenset()
    by_grant: frozenset[Capability] = frozenset()
    behind: UUID | None = None

    @property
    def person_id(self) -> UUID:
        """The id of the person or key. Raises TypeError for the system, which has none."""
        if self.id is None:
            raise TypeError(f"{self.label} is nobody in particular.")
        return self.id

    @property
    def is_human(self) -> bool:
        """Whether the actor is a person. Only people decide."""
        return self.kind in ("person", "staff")

    def has(self, capability: Capability) -> bool:
        """Return whether the role gives this capability everywhere in the tenant."""
        return capability in self.capabilities


SYSTEM = Actor(kind="system", id=None, label="Handrail")

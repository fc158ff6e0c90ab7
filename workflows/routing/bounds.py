"""Bounds of a client or workflow on the models asked: names, regions, retention. Pure."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from tenants.text.sentences import joined_by_and
from workflows.routing.table import ModelDeployment


@dataclass(frozen=True, slots=True)
class Bounds:
    """Bounds of a tenant or workflow on which models are asked; empty for none.

    ``keeps_days`` is the most days that a provider may keep prompts.
    """

    regions: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    keeps_days: int | None = None

    def __bool__(self) -> bool:
        return bool(self.regions or self.names or self.keeps_days is not None)

    def as_json(self) -> dict[str, Any]:
        """Return the bounds as the journal keeps them."""
        return {
            "regions": sorted(self.regions),
            "names": sorted(self.names),
            "keeps_days": self.keeps_days,
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "Bounds":
        """Return bounds that the journal kept."""
        names, regions = frozenset(value["names"]), frozenset(value["regions"])
        return cls(regions, names, value.get("keeps_days"))


def bounds_problem(
    name: str, deployment: ModelDeployment | None, bounds: Collection[Bounds]
) -> str:
    """Return why a model is outside the bounds; empty where it is inside.

    Region and retention of a model that is not in the table (None) are not known. Case does not
    matter.
    """
    region = deployment.region if deployment else ""
    if any(one.names and name not in one.names for one in bounds):
        return "this client or workflow does not use it"
    allowed = [frozenset(map(str.upper, one.regions)) for one in bounds if one.regions]
    if any(region.upper() not in regions for regions in allowed):
        wanted = joined_by_and(sorted(frozenset.intersection(*allowed))) or "no region at all"
        return f"it is not in {wanted}" if region else f"it is not known to be in {wanted}"
    return _retention_problem(deployment, bounds)


def _retention_problem(deployment: ModelDeployment | None, bounds: Collection[Bounds]) -> str:
    """Return why a provider keeps prompts for too long; empty where it does not."""
    most = min((b.keeps_days for b in bounds if b.keeps_days is not None), default=None)
    keeps = deployment.keeps_days if deployment else None
    if most is None or (keeps is not None and keeps <= most):
        return ""
    for_long = (
        "nobody knows how long" if keeps is None else f"for {keeps} day{'' if keeps == 1 else 's'}"
    )
    return f"its provider keeps prompts {for_long}"

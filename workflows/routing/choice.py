"""A deployment is chosen for a call by the routing table, and the choice can be explained.

No candidate is taken by its order alone: each is checked against the call first.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tenants.errors import Invalid
from tenants.text.sentences import joined_by_and
from workflows.routing.levels import reaches
from workflows.routing.signals import Signal
from workflows.routing.table import (
    CallCase,
    ModelDeployment,
    RoutingRow,
    RoutingTable,
    row_phrases,
)

FAILED = "it failed at this"
TOO_DEAR = "it may take more than is left of the budget"


class Escalation(StrEnum):
    """Reason for which a stronger model is asked than the one that answered."""

    SCHEMA = "schema"
    SUPPORT = "support"


# What is said of the former model: why it is passed over, and why the stronger one is asked.
ESCALATED = {
    Escalation.SCHEMA: ("its answer did not fit", "{}'s answer did not fit"),
    Escalation.SUPPORT: (
        "sources did not support its answer",
        "the sources did not support {}'s answer",
    ),
}


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


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """Choice of a deployment, with everything that led to it.

    ``passed_over`` has the candidates before it, each with the reason. ``next_tier`` is the name of
    the cheapest stronger deployment, empty for none. ``escalated`` is set where it was chosen as a
    stronger one, whatever the row says.
    """

    deployment: ModelDeployment
    table: RoutingTable
    row: int
    why: str
    case: CallCase
    signals: tuple[Signal, ...] = ()
    passed_over: tuple[tuple[str, str], ...] = ()
    bounds: tuple[Bounds, ...] = ()
    resting: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    too_dear: tuple[str, ...] = ()
    next_tier: str = ""
    escalated: Escalation | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the choice as the journal keeps it."""
        return {
            "table": self.table.number,
            "version": str(self.table.id),
            "row": self.row,
            "case": self.case.as_json(),
            "signals": [signal.as_json() for signal in self.signals],
            "passed_over": [list(one) for one in self.passed_over],
            "bounds": [one.as_json() for one in self.bounds if one],
            "resting": list(self.resting),
            "failed": list(self.failed),
            "too_dear": list(self.too_dear),
            "next_tier": self.next_tier,
            **({"escalated": self.escalated.value} if self.escalated else {}),
        }


def choose(
    table: RoutingTable,
    case: CallCase,
    *,
    signals: Collection[Signal] = (),
    bounds: Collection[Bounds] = (),
    resting: Collection[str] = (),
    failed: Sequence[str] = (),
    too_dear: Sequence[str] = (),
) -> ModelChoice:
    """Return the deployment to ask. Raises Invalid where none may be asked.

    ``resting`` are the names of deployments that failed lately: they are asked only where no other
    candidate may be. ``failed`` are those that failed this very call, and are not asked again;
    for those that are ``too_dear`` no budget is left.
    """
    number, row = table.row_for(case)
    candidates = [table.deployments[name] for name in row.use]
    given_up = dict.fromkeys(too_dear, TOO_DEAR) | dict.fromkeys(failed, FAILED)
    problems = given_up | {
        one.name: deployment_problem(one, case, bounds)
        for one in candidates
        if one.name not in given_up
    }
    fit = [one for one in candidates if not problems[one.name]]
    if not fit:
        said = " ".join(f"{one.title}: {problems[one.name]}." for one in candidates)
        raise Invalid(f"No model may be asked for this. {said}", code="bad_model")
    chosen = next((one for one in fit if one.name not in resting), fit[0])
    others = [
        one
        for one in table.deployments.values()
        if one.name not in failed and not deployment_problem(one, case, bounds)
    ]
    before = candidates[: candidates.index(chosen)]
    reasons = [(one.name, problems[one.name] or "it failed lately") for one in before]
    return ModelChoice(
        deployment=chosen,
        table=table,
        row=number,
        why=_why(chosen, row, reasons),
        case=case,
        signals=tuple(signals),
        passed_over=tuple(reasons),
        bounds=tuple(bounds),
        resting=tuple(resting),
        failed=tuple(failed),
        too_dear=tuple(too_dear),
        next_tier=_next_tier(chosen, others),
    )


def choose_stronger(
    table: RoutingTable,
    case: CallCase,
    than: str,
    because: Escalation,
    *,
    signals: Collection[Signal] = (),
    bounds: Collection[Bounds] = (),
    resting: Collection[str] = (),
    failed: Sequence[str] = (),
    too_dear: Sequence[str] = (),
) -> ModelChoice | None:
    """Return the cheapest deployment that is stronger than one and may be asked; None without one.

    It needs not be in the call's row. One that rests is not waited for.
    """
    former = table.deployments.get(than)
    if former is None:
        return None
    left = {*failed, *too_dear, *resting}
    fit = [
        one
        for one in table.deployments.values()
        if one.name not in left and not deployment_problem(one, case, bounds)
    ]
    stronger = sorted(_stronger(former, fit), key=_ceiling)
    if not stronger:
        return None
    chosen, (passed, said) = stronger[0], ESCALATED[because]
    return ModelChoice(
        deployment=chosen,
        table=table,
        row=table.row_for(case)[0],
        why=f"{chosen.title}, because {said.format(former.title)}",
        case=case,
        signals=tuple(signals),
        passed_over=((than, passed),),
        bounds=tuple(bounds),
        resting=tuple(resting),
        failed=tuple(failed),
        too_dear=tuple(too_dear),
        next_tier=_next_tier(chosen, fit),
        escalated=because,
    )


def deployment_problem(
    deployment: ModelDeployment, case: CallCase, bounds: Collection[Bounds]
) -> str:
    """Return why a deployment may not be asked this; empty where it may."""
    if not deployment.is_on:
        return "it is switched off"
    if not reaches(deployment.sees, case.sensitivity):
        return f"it may not see {case.sensitivity.value} data"
    if barred := bounds_problem(deployment.name, deployment, bounds):
        return barred
    room = deployment.longest_prompt
    if room and case.tokens_in + case.most_out > room:
        return f"the prompt is too long for its {room:,} tokens"
    return ""


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


def _why(chosen: ModelDeployment, row: RoutingRow, passed_over: list[tuple[str, str]]) -> str:
    """Return the reason in a sentence's second half: "the strong model, because …"."""
    phrases = row_phrases(row)
    said = f"this {joined_by_and(phrases)}" if phrases else "nothing asks for another"
    instead = f", instead of {passed_over[0][0]}: {passed_over[0][1]}" if passed_over else ""
    return f"{chosen.title}, because {said}{instead}"[:200]


def _next_tier(chosen: ModelDeployment, others: list[ModelDeployment]) -> str:
    """Return the name of the cheapest of these that is stronger; empty for none."""
    priced = [one for one in _stronger(chosen, others) if one.price]
    return min(priced, key=_ceiling).name if priced else ""


def _stronger(than: ModelDeployment, others: list[ModelDeployment]) -> list[ModelDeployment]:
    return [
        one
        for one in others
        if one.strength is not than.strength and reaches(one.strength, than.strength)
    ]


def _ceiling(deployment: ModelDeployment) -> tuple[bool, int, str]:
    """Return what deployments are ordered by, cheapest first; an unknown price is the dearest."""
    price = deployment.price
    return price is None, price.ceiling_micros(1000, 1000) if price else 0, deployment.name

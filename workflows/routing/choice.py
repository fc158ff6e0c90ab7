"""A deployment is chosen for a call by the routing table, and the choice can be explained.

No candidate is taken by its order alone: each is checked against the call first.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tenants.errors import Invalid
from tenants.text.sentences import joined_by_and
from workflows.routing.bounds import Bounds, bounds_problem
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
LATELY = "it failed lately"
NO_TOOLS = "it is not known to call tools"
NO_SCHEMA = "it can't be held to the answer's schema"
PREFERRED = ("", NO_SCHEMA, LATELY)  # doubts about a candidate, the least first


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
    candidate may be. So are those that can't be held to a schema, whose answers are checked anyway.
    ``failed`` are those that failed this very call, and are not asked again; for those that are
    ``too_dear`` no budget is left.
    """
    number, row = table.row_for(case)
    candidates = [table.deployments[name] for name in row.use]
    problems = {one.name: deployment_problem(one, case, bounds) for one in candidates}
    problems |= dict.fromkeys(too_dear, TOO_DEAR) | dict.fromkeys(failed, FAILED)
    fit = [one for one in candidates if not problems[one.name]]
    if not fit:
        said = " ".join(f"{one.title}: {problems[one.name]}." for one in candidates)
        raise Invalid(f"No model may be asked for this. {said}", code="bad_model")
    doubts = {one.name: _doubt(one, case, resting) for one in fit}
    chosen = min(fit, key=lambda one: PREFERRED.index(doubts[one.name]))
    others = [
        one
        for one in table.deployments.values()
        if one.name not in failed and not deployment_problem(one, case, bounds)
    ]
    before = candidates[: candidates.index(chosen)]
    reasons = [(one.name, problems[one.name] or doubts[one.name]) for one in before]
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
    stronger = sorted(
        _stronger(former, fit), key=lambda one: (_lacks_schema(one, case), *_ceiling(one))
    )
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
    if case.has_tools and deployment.can_call_tools is False:
        return NO_TOOLS
    return ""


def _doubt(deployment: ModelDeployment, case: CallCase, resting: Collection[str]) -> str:
    """Return why another that may be asked is asked before this one; empty for no reason."""
    if deployment.name in resting:
        return LATELY
    return NO_SCHEMA if _lacks_schema(deployment, case) else ""


def _lacks_schema(deployment: ModelDeployment, case: CallCase) -> bool:
    return case.has_schema and deployment.can_hold_schema is False


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

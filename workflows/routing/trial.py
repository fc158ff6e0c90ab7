"""A routing table is tried on past calls before it holds: what would have moved, at what cost."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from tenants.errors import Invalid
from workflows.gateway.usage import Usage
from workflows.routing.bounds import Bounds
from workflows.routing.choice import choose
from workflows.routing.levels import Consequence
from workflows.routing.signals import Measures, difficulty_of, signals_of
from workflows.routing.table import CallCase, ModelDeployment, RoutingTable


@dataclass(frozen=True, slots=True)
class PastCall:
    """Routed call that was made. ``cost`` is in millionths of a US dollar, None if not known.

    ``bounds``, ``resting`` and ``failed`` are what the choice had to keep to.
    """

    case: CallCase
    measures: Measures
    name: str
    usage: Usage
    cost: int | None
    bounds: tuple[Bounds, ...] = ()
    resting: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()


@dataclass(slots=True)
class Trial:
    """Result of a trial. ``heavy`` counts the calls whose consequence is more than a draft.

    ``moved`` would have gone to another model. ``refused`` could have been asked of none.
    ``before`` and ``after`` are the costs, in millionths of a US dollar, of the ``compared`` calls,
    whose costs are known both ways.
    """

    calls: int = 0
    moved: int = 0
    heavy: int = 0
    heavy_moved: int = 0
    refused: int = 0
    compared: int = 0
    before: int = 0
    after: int = 0

    @property
    def saved(self) -> int:
        """What the compared calls would have cost less; negative for more."""
        return self.before - self.after

    @property
    def more(self) -> int:
        """What they would have cost more; negative for less."""
        return -self.saved

    @property
    def uncompared(self) -> int:
        """The number of calls whose cost is not known both ways."""
        return self.calls - self.compared


def _choose_again(table: RoutingTable, call: PastCall) -> ModelDeployment:
    """Return what the table would have asked, by its own limits, and within what the call kept to.

    Raises Invalid where no model may be asked.
    """
    difficulty = difficulty_of(signals_of(call.measures, table.limits))
    case, bounds, resting = replace(call.case, difficulty=difficulty), call.bounds, call.resting
    return choose(table, case, bounds=bounds, resting=resting, failed=call.failed).deployment


def try_table(table: RoutingTable, calls: Iterable[PastCall]) -> Trial:
    """Return what the table would have done with past calls."""
    trial = Trial()
    for call in calls:
        is_heavy = call.case.consequence is not Consequence.NONE
        trial.calls += 1
        trial.heavy += is_heavy
        try:
            chosen = _choose_again(table, call)
        except Invalid:
            trial.refused += 1
            continue
        if chosen.name != call.name:
            trial.moved += 1
            trial.heavy_moved += is_heavy
        if call.cost is not None and chosen.price is not None and call.usage.tokens_in:
            is_same = chosen.name == call.name
            trial.compared += 1
            trial.before += call.cost
            trial.after += call.cost if is_same else chosen.price.cost_micros(call.usage)
    return trial

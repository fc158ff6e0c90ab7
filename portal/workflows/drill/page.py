"""Page of a workflow's drill: its last result, row by row, and in a sentence."""

from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby

from tenants import clock
from workflows.drill.rows import DrillCount, DrillRow, RowStatus
from workflows.drill.selectors import last_drill
from workflows.drill.services import LATE, rows_of
from workflows.models import Drill, Workflow

SEEMS_LOST = timedelta(minutes=10)
TONES = {
    RowStatus.SHOWN: "green",
    RowStatus.MISSING: "red",
    RowStatus.NOT_REACHED: "amber",
    RowStatus.ALWAYS: "green",
    RowStatus.UNDECLARED: "amber",
}


@dataclass(frozen=True, slots=True)
class DrillLine:
    """Row of a drill with the colour of its status."""

    row: DrillRow

    @property
    def tone(self) -> str:
        """The class of the row's badge."""
        return TONES[self.row.status]

    @property
    def is_shown(self) -> bool:
        """Whether what is declared happened, or what always does."""
        return self.row.status in (RowStatus.SHOWN, RowStatus.ALWAYS)


@dataclass(frozen=True, slots=True)
class DrillView:
    """A drill as its page shows it. ``is_current``: it is one of the live version."""

    drill: Drill
    is_current: bool
    steps: list[tuple[str, list[DrillLine]]]

    @property
    def state(self) -> str:
        """What changes while the drill goes on, for a page that asks for itself."""
        return "over" if self.drill.is_over else f"{self.drill.done}-{self.is_late}"

    @property
    def is_late(self) -> bool:
        """Whether no worker has begun it yet, so that there may be none."""
        return not self.drill.done and self.drill.started_at < clock.now() - LATE

    @property
    def may_run(self) -> bool:
        """Whether another drill may be started: this one is over, or seems to be lost."""
        return self.drill.is_over or self.drill.started_at < clock.now() - SEEMS_LOST

    @property
    def counted(self) -> str:
        """The result in a few words, as "3 of 4 fallbacks shown"."""
        return str(DrillCount(self.drill.shown, self.drill.declared))

    @property
    def kind(self) -> str:
        """The kind of notice that the result is."""
        if self.drill.is_passed:
            return "" if self.drill.declared or not self.undeclared else "warning"
        return "error" if self.count_of(RowStatus.MISSING) else "warning"

    @property
    def undeclared(self) -> int:
        """How many failures nothing is declared for."""
        return self.count_of(RowStatus.UNDECLARED)

    @property
    def unreached(self) -> int:
        """How many models and tools were not called."""
        return self.count_of(RowStatus.NOT_REACHED)

    @property
    def has_samples(self) -> bool:
        """Whether some of it was played on samples."""
        return any(line.row.is_sample for _, lines in self.steps for line in lines)

    def count_of(self, status: RowStatus) -> int:
        """Return the number of rows with a status."""
        return sum(line.row.status is status for _, lines in self.steps for line in lines)


def drill_view(workflow: Workflow) -> DrillView | None:
    """Return a workflow's newest drill; None where it was never drilled. One query."""
    drill = last_drill(workflow)
    if drill is None:
        return None
    rows = groupby(rows_of(drill), key=lambda row: row.step)
    steps = [(step, [DrillLine(row) for row in found]) for step, found in rows]
    return DrillView(drill, drill.version_id == workflow.live_id, steps)

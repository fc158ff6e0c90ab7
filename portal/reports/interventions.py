"""Interventions of a week, grouped by outcome, workflow and reason, largest group first. Pure."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from approvals.rules.reasons import REASONS
from portal.reports.counts import Decided, Undone, edits
from portal.reports.words import shortened
from tenants.text.sentences import as_sentence
from workflows.definitions.definition import step_of_part
from workflows.exceptions.ways_out import WayOut


@dataclass(frozen=True, slots=True)
class InterventionGroup:
    """Interventions of the same sort."""

    title: str
    said: str
    ids: list[str]


def intervention_groups(
    rows: Iterable[Decided], undone: Iterable[Undone]
) -> list[InterventionGroup]:
    """Return the week's interventions, each in exactly one group, the largest group first."""
    together: dict[tuple[str, ...], list[Decided]] = {}
    for row in rows:
        if row.outcome != "accepted":
            together.setdefault(_key(row), []).append(row)
    found = [_group(alike) for alike in together.values()]
    acts: dict[str, list[Undone]] = {}
    for act in undone:
        acts.setdefault(act.tool, []).append(act)
    found += [_undone(alike) for alike in acts.values()]
    return sorted(found, key=lambda group: (-len(group.ids), group.title))


def _key(row: Decided) -> tuple[str, ...]:
    if row.outcome == "resolved":
        step = step_of_part(row.step)  # an agent's parts have other numbers in each run
        return (row.outcome, row.workflow, step, str(row.about_undo), row.reason)
    return (row.outcome, row.workflow, row.reason)


def _group(alike: list[Decided]) -> InterventionGroup:
    title, said = _SAY[alike[0].outcome](alike)
    return InterventionGroup(shortened(title), shortened(said, 240), [str(row.id) for row in alike])


def _rejected(alike: list[Decided]) -> tuple[str, str]:
    row = alike[-1]
    reason = REASONS.get(row.reason, "Other").lower()
    words = next((r.words for r in reversed(alike) if r.words.strip()), "")
    return f"{row.workflow}: rejected, {reason}", f"“{words}”" if words else _titles(alike)


def _corrected(alike: list[Decided]) -> tuple[str, str]:
    size = edits(alike)
    said = f"{size[0].upper()}{size[1:]}. {_titles(alike)}"
    return f"{alike[0].workflow}: accepted after an edit", said


def _taken_over(alike: list[Decided]) -> tuple[str, str]:
    return f"{alike[0].workflow}: taken over by a person", _titles(alike)


def _resolved(alike: list[Decided]) -> tuple[str, str]:
    first = alike[0]
    what = "undo" if first.about_undo else "go on at"
    same = len({row.title for row in alike}) == 1
    title = (
        first.title if same else f"{first.workflow}: could not {what} “{step_of_part(first.step)}”"
    )
    return title, WayOut(first.reason).told


def _titles(alike: list[Decided]) -> str:
    more, title = len(alike) - 1, shortened(alike[-1].title)
    if more:
        return f"{title}, and {more} more."
    return as_sentence(title)


def _undone(alike: list[Undone]) -> InterventionGroup:
    why = next((act.why for act in reversed(alike) if act.why), alike[-1].item_title)
    return InterventionGroup(
        f"{alike[0].tool} undone", shortened(why, 240), [str(act.id) for act in alike]
    )


_SAY: dict[str, Callable[[list[Decided]], tuple[str, str]]] = {
    "rejected": _rejected,
    "corrected": _corrected,
    "taken_over": _taken_over,
    "resolved": _resolved,
}

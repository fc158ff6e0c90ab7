"""Mistakes of triggers, each said at its place."""

import pytest

from tests.lanes import Lane
from tests.workflows.triggers.schedule_kit import entry, scheduled
from workflows.definitions.problems import DefinitionError
from workflows.services import definitions


@pytest.mark.parametrize(
    ("written", "path", "said"),
    [
        (entry("61 9 * * *"), ["on", "schedule", 0, "cron"], "bad minute"),
        (entry("0 9 * *"), ["on", "schedule", 0, "cron"], "4 fields, not five"),
        (entry("0 0 9 * * *"), ["on", "schedule", 0, "cron"], "6 fields, not five"),
        (entry("0 9 30 2 *"), ["on", "schedule", 0, "cron"], "bad day-of-month"),
        (entry("0 9 * * mon#1/2"), ["on", "schedule", 0, "cron"], "no cron text"),
        (entry(zone="Mars/Olympus"), ["on", "schedule", 0, "zone"], "no time zone"),
        (entry(given="{message: 1.5}"), ["on", "schedule", 0, "input"], "no exact JSON"),
        (entry(given="{message: 2026-01-01}"), ["on", "schedule", 0, "input"], "no exact JSON"),
        (entry(given="{}"), ["on", "schedule", 0], "gives no input.message"),
        (entry(often="yes"), ["on", "schedule", 0, "often"], "no such setting"),
    ],
)
def test_what_is_wrong_with_a_schedule_is_said_at_its_place(
    lane: Lane, written: str, path: list[object], said: str
) -> None:
    text = scheduled(entry(), written)
    with pytest.raises(DefinitionError) as refused:
        definitions.check(text)
    problem = refused.value.problems[0]
    assert list(problem.path) == [*path[:2], 1, *path[3:]]
    assert said in problem.message
    line = text.split("\n")[problem.line - 1]
    last = path[-1] if isinstance(path[-1], str) else "{"
    assert line[problem.column - 1 :].startswith(str(last))
    assert problem.column > line.index("}")  # the second entry, not the first

"""Mistakes of triggers, each said at its place."""

import pytest

from tests.lanes import Lane
from tests.workflows.definition_kit import definition
from tests.workflows.triggers.schedule_kit import entry, scheduled
from workflows.definitions.problems import DefinitionError, Problem
from workflows.services import definitions
from workflows.validation import triggers
from workflows.validation.parse import parse


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


def mistakes(on: str, reads: str = "", **mailboxes: str) -> list[Problem]:
    step = f"\n  - {{name: a, retrieve: {{query: '{reads}'}}}}\n"
    return list(triggers.problems(parse(definition(step, slug="here", on=on))[0], mailboxes))


def test_a_trigger_that_fits_is_no_mistake() -> None:
    schedule = '{schedule: [{cron: "0 9 * * *", zone: Europe/Berlin, input: {n: 1}}]}'
    assert mistakes(schedule, "{{ input.n }}") == []
    for starts in ("", "here"):
        assert mistakes("{mail: {mailbox: m}}", "{{ input.message }}", m=starts) == []


@pytest.mark.parametrize(
    ("on", "found"),
    [
        (
            "{mail: {mailbox: other}}",
            Problem(("on", "mail", "mailbox"), "There is no mailbox called other."),
        ),
        (
            "{mail: {mailbox: m}}",
            Problem(("on", "mail", "mailbox"), "Mail to m starts elsewhere already."),
        ),
        (
            "{mail: {mailbox: free, input: {sent_by: me}}}",
            Problem(
                ("on", "mail", "input", "sent_by"),
                "sent_by comes from the mail. Use another name.",
            ),
        ),
        (
            '{schedule: [{cron: "0 9 * * *", zone: Berlin}]}',
            Problem(
                ("on", "schedule", 0, "zone"),
                "Berlin is no time zone. Use a name such as Europe/Berlin.",
            ),
        ),
    ],
)
def test_a_mistake_of_a_trigger_is_said_at_its_place(on: str, found: Problem) -> None:
    assert mistakes(on, m="elsewhere", free="") == [found]


@pytest.mark.parametrize(("length", "count"), [(16_376, 0), (16_377, 1)])
def test_an_input_of_more_than_16_kb_is_too_large(length: int, count: int) -> None:
    found = mistakes(f"{{schedule: [{{cron: '0 9 * * *', input: {{a: {'x' * length}}}}}]}}")
    said = Problem(("on", "schedule", 0, "input"), "This is larger than 16 kB. Make it shorter.")
    assert found == [said] * count


def test_a_field_that_a_mail_gives_only_sometimes_is_missing() -> None:
    [problem] = mistakes("{mail: {mailbox: m}}", "{{ input.sent_by }}", m="")
    assert problem == Problem(
        ("on", "mail"), "A mail gives no input.sent_by, which the steps read. Add it to input."
    )


@pytest.mark.parametrize(
    ("step", "found"),
    [
        ("if: input.a > 1, wait: {for: 1s}", {"a"}),
        ("if: 'has(input.a) && input.a > 1', wait: {for: 1s}", set()),
        ("retrieve: {query: '{{ input.a }} {{ input.b | default(1) }}'}", {"a"}),
        ("retrieve: {query: '{% if input.a is defined %}{{ input.a }}{% endif %}'}", set()),
        ("retrieve: {query: q, records: {orders: input.a}}", set()),
        ("act: {tool: t, args: {to: input.a, lines: [input.b]}}", {"a", "b"}),
        ("generate: {prompt: '{{ input.a }}', schema: {type: object}}", {"a"}),
        ("wait: {for: 1s}", set()),
    ],
)
def test_a_field_is_needed_where_a_step_would_fail_without_it(step: str, found: set[str]) -> None:
    text = definition(f"\n  - {{name: s, {step}}}\n")
    assert triggers.reads(parse(text)[0]) == found

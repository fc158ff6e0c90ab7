"""What is wrong with a for_each, a wait or a handoff is said at its line and column."""

import pytest

from tests.workflows.validation.test_validate import GOOD, WORLD
from workflows.definitions.problems import DefinitionError
from workflows.definitions.world import World
from workflows.validation.parse import read
from workflows.validation.validate import validate

HANDING = World(
    sources=WORLD.sources,
    tools=WORLD.tools,
    models=WORLD.models,
    handoffs={
        "refunds": frozenset({"ledger"}),
        "ledger": frozenset(),
        "back": frozenset({"replies"}),
    },
)
# The step under test begins at line 14 of the text.
HEAD = GOOD[: GOOD.index("  - name: reply")]


def check(step: str) -> None:
    validate(read(f"{HEAD}  - name: tested\n    needs: [facts]\n{step}"), HANDING)


@pytest.mark.parametrize(
    "step",
    [
        "    wait: {for: 1d12h}",
        "    wait: {until: 2026-12-24T09:00:00+01:00}",
        "    wait: {until: \"timestamp('2026-12-24T09:00:00Z')\"}",
        '    wait: {event: payment.received, if: "event.cents == input.cents", deadline: 3d}',
        "    wait: {event: paid, deadline: 90s, on_deadline: continue}",
        '    handoff: {workflow: refunds, input: {order: "input.order_id", all: ["input.a"]}}',
        "    for_each: {in: input.lines, as: line}\n    handoff: {workflow: refunds, input: "
        '{order: "line.order", place: "index"}}',
        "    for_each: {in: input.lines, as: line, at_most: 9, at_once: 1}\n"
        '    retrieve: {query: "{{ line }}", records: {orders: "line.order"}}',
    ],
)
def test_good_ones_are_taken(step: str) -> None:
    check(step)


@pytest.mark.parametrize(
    ("step", "line", "column", "said"),
    [
        ("    wait: {}", 15, 5, "Say one of until, for and event."),
        ("    wait: {for: 3d, event: paid}", 15, 5, "Say one of until, for and event."),
        ("    wait: {for: soon}", 15, 12, "“soon” is no span of time: write 90s, 15m, 12h, 3d"),
        ("    wait: {for: 900d}", 15, 12, "A wait lasts 366 days at most."),
        ("    wait: {for: 3d, deadline: 1d}", 15, 5, "If, deadline and on_deadline belong to"),
        ("    wait: {event: paid, on_deadline: fail}", 15, 5, "On_deadline needs a deadline."),
        ("    wait: {event: paid, on_deadline: panic}", 15, 25, "Input should be 'fail' or 'con"),
        ("    wait: {event: Paid!}", 15, 12, "String should match pattern"),
        ("    wait: {until: 2026-12-24T09:00:00}", 15, 12, "Say the time zone too"),
        ("    wait: {until: 2026-12-24}", 15, 12, "Say the time zone too"),
        ("    wait: {until: 'a b'}", 15, 12, "is not a CEL expression"),
        ("    wait: {until: event.at}", 15, 12, "reads event, which is not there"),
        ("    wait: {event: paid, if: evnt.n}", 15, 25, "reads evnt, which is not there"),
        ("    wait: {until: steps.later.output.at}", 15, 12, "There is no step called later."),
        ("    handoff: {workflow: nowhere}", 15, 15, "There is no published workflow called now"),
        ("    handoff: {workflow: replies}", 15, 15, "hand over to each other: replies → replies"),
        ("    handoff: {workflow: back}", 15, 15, "replies → back → replies"),
        ("    handoff: {workflow: refunds, input: {a: line}}", 15, 42, "reads line, which is not"),
        ("    handoff: {workflow: refunds, input: 3}", 15, 34, "Input should be a valid dict"),
        ("    for_each: {in: input.lines}\n    wait: {for: 1s}", 15, 5, "This is needed."),
        ("    for_each: {in: x.y, as: l}\n    handoff: {workflow: refunds}", 15, 16, "reads x"),
        (
            "    for_each: {in: input.lines, as: line}\n    wait: {for: 1s}",
            15,
            5,
            "Wait can't be repeated. These can: generate, handoff, retrieve.",
        ),
        (
            "    for_each: {in: input.lines, as: line}\n"
            "    act: {tool: mail.send, args: {to: line.to, subject: \"'a'\", body: \"'b'\"}}",
            15,
            5,
            "An action is not repeated: what people approve is one fixed group of actions.",
        ),
        (
            "    for_each: {in: input.lines, as: input}\n    handoff: {workflow: refunds}",
            15,
            33,
            "input has a meaning already",
        ),
        (
            "    for_each: {in: input.lines, as: while}\n    handoff: {workflow: refunds}",
            15,
            33,
            "while is a word of CEL",
        ),
        (
            "    for_each: {in: input.lines, as: line, at_most: 999}\n"
            "    handoff: {workflow: refunds}",
            15,
            43,
            "less than or equal to 200",
        ),
        (
            "    if: line.open\n    for_each: {in: input.lines, as: line}\n"
            "    handoff: {workflow: refunds}",
            15,
            5,
            "reads line, which is not there",
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_place(step: str, line: int, column: int, said: str) -> None:
    with pytest.raises(DefinitionError) as refused:
        check(step)
    (problem,) = refused.value.problems
    assert said in problem.message
    assert (problem.line, problem.column) == (line, column)

"""What is declared to follow a failure, read from the definition alone."""

import pytest

from tests.workflows.definition_kit import parsed
from workflows.definitions.definition import Step
from workflows.drill.expectations import Failed, Followed, expected
from workflows.drill.targets import DrillTarget, ToolFacts, Way

WRITES = ToolFacts("Refund", True, False)
PLANS = "on_failure: [{model: b}, {model: c}, {value: {text: x}}]"
KEYED = ToolFacts("Refund", True, True)


def writing(head: str = "") -> Step:
    return parsed(
        f"name: s, {head}{', ' if head else ''}generate: {{prompt: x, schema: {{}}}}"
    ).step("s")


def acting(head: str) -> Step:
    return parsed(f"name: s, {head}, act: {{tool: t}}").step("s")


MODEL, TOOL = DrillTarget("s"), DrillTarget("s", "t", WRITES)


@pytest.mark.parametrize(
    ("failed", "followed", "name"),
    [
        (Failed(("a",)), Followed.MODEL, "b"),
        (Failed(("a", "b"), 1), Followed.MODEL, "c"),
        (Failed(("a", "b", "c"), 2), Followed.VALUE, ""),
        (Failed(("b",)), Followed.MODEL, "c"),  # the step asked b itself
        (Failed(("a",), candidate="z"), Followed.MODEL, "z"),
        (Failed(("a",), passed_over={"b"}), Followed.MODEL, "c"),
    ],
)
def test_the_next_way_out_follows(failed: Failed, followed: Followed, name: str) -> None:
    want = expected(writing(PLANS), MODEL, Way.UNREACHABLE, failed)
    assert (want.then, want.name, want.is_declared) == (followed, name, True)


def test_a_tool_follows_a_tool_and_then_the_owner() -> None:
    step = acting("on_failure: [{tool: u}, {person: owner}]")
    first = expected(step, TOOL, Way.REFUSED, Failed())
    assert (first.then, first.name, first.number) == (Followed.TOOL, "u", 1)
    assert first.sentence == "U is proposed instead."
    then = expected(step, TOOL, Way.UNREACHABLE, Failed(number=1))
    assert (then.then, then.is_declared) == (Followed.PERSON, True)
    assert then.sentence == "After 3 tries: the owner is asked (exception)."


def test_where_nothing_is_declared_that_is_said() -> None:
    want = expected(writing(), MODEL, Way.REFUSED, Failed(("a",)))
    assert (want.then, want.is_declared) == (Followed.PERSON, False)
    assert want.sentence == "Nothing is declared: the run stops and a person is told."


def test_tries_are_those_of_the_retry_policy() -> None:
    step = writing("retry: {attempts: 4, on: [timeout]}")
    assert expected(step, MODEL, Way.UNREACHABLE, Failed()).tries == 1
    step = writing("retry: {attempts: 4}")
    assert expected(step, MODEL, Way.UNREACHABLE, Failed()).tries == 4
    assert expected(step, MODEL, Way.REFUSED, Failed()).tries == 1
    # Another model answers at once.
    assert expected(step, MODEL, Way.UNREACHABLE, Failed(candidate="z")).tries == 1


@pytest.mark.parametrize(("facts", "tries"), [(WRITES, 1), (KEYED, 3)])
def test_what_is_in_doubt_goes_to_a_person_and_to_no_fallback(facts: ToolFacts, tries: int) -> None:
    step = acting("on_failure: [{tool: u}]")
    want = expected(step, DrillTarget("s", "t", facts), Way.DOUBT, Failed())
    assert (want.then, want.tries, want.is_always) == (Followed.PERSON, tries, True)


def test_an_agent_is_told_what_it_could_not_read() -> None:
    step = parsed("name: s, agent: {prompt: x, tools: [t]}").step("s")
    reads = DrillTarget("s", "t", ToolFacts("Find", False, False), of_agent=True)
    assert expected(step, reads, Way.REFUSED, Failed()).then is Followed.TOLD
    writes = DrillTarget("s", "t", WRITES, of_agent=True)
    want = expected(step, writes, Way.UNREACHABLE, Failed())
    assert (want.then, want.is_declared, want.is_always) == (Followed.PERSON, False, False)
    said = "Nothing is declared: after 3 tries the run stops and a person is told."
    assert want.sentence == said

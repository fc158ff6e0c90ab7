"""Private data, words of strangers and a way out without a person's yes never meet in a step."""

from dataclasses import replace

import pytest

from approvals.gate.tools import add_tool
from approvals.rules.never import Known
from tenants.errors import Invalid
from tests.lanes import Lane
from tests.workflows.definition_kit import parsed
from tests.workflows.engine.agent_kit import add_finder, agent_text
from workflows.definitions.definition import Definition
from workflows.definitions.problems import DefinitionError
from workflows.definitions.world import World
from workflows.validation.outward import outward_problems, outward_workflows

TOOLS = {
    "orders.find": Known("orders.find", "", frozenset()),
    "web.search": Known("web.search", "", frozenset(), asks_outside=True),
    "mail.send": Known("mail.send", "send", frozenset()),
}
WORLD = World({}, TOOLS, handoffs={"asker": frozenset()}, outward=frozenset({"asker"}))
SEARCH = "name: work, needs: [{needs}], agent: {{prompt: p, tools: [web.search]{more}}}"


def problems(*steps: str) -> list[str]:
    return [problem.message for problem in outward_problems(parsed(*steps), WORLD)]


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        (
            ["name: work, agent: {prompt: p, tools: [orders.find, web.search]}"],
            "work knows private data (orders.find), reads words of strangers (the request in work "
            "and the answers of web.search), and may send both outside with web.search",
        ),
        (
            [
                "name: facts, retrieve: {records: {orders: input.id}}",
                SEARCH.format(needs="facts", more=", request: false"),
            ],
            "the records of orders",
        ),
        (
            [
                "name: look, agent: {prompt: p, tools: [orders.find]}",
                "name: between, needs: [look], generate: {prompt: p, schema: {type: object}}",
                SEARCH.format(needs="between", more=""),
            ],
            "the request in look and the request in between",
        ),
        (
            ["name: work, agent: {prompt: p, tools: [orders.find], workflows: [asker]}"],
            "may send both outside with asker",
        ),
        (
            ["name: part, handoff: {workflow: other}", SEARCH.format(needs="part", more="")],
            "what other gives",
        ),
    ],
)
def test_the_three_are_refused_however_they_are_spread(steps: list[str], said: str) -> None:
    (found,) = problems(*steps)
    assert said in found


@pytest.mark.parametrize(
    "steps",
    [
        ["name: work, agent: {prompt: p, tools: [orders.find, mail.send]}"],
        ["name: work, agent: {prompt: p, tools: [web.search, mail.send]}"],
        [
            "name: policy, retrieve: {query: a}",
            SEARCH.format(needs="policy", more=""),
        ],
        [
            SEARCH.format(needs="", more=""),
            "name: after, needs: [work], agent: {prompt: p, tools: [orders.find]}",
        ],
    ],
)
def test_two_of_them_are_not(steps: list[str]) -> None:
    assert problems(*steps) == []


def with_agent(more: str) -> Definition:
    return parsed(f"name: work, agent: {{prompt: p, {more}}}")


def test_a_way_out_is_one_through_others_too() -> None:
    definitions = {
        "asks": with_agent("tools: [web.search]"),
        "hands": with_agent("tools: [orders.find], workflows: [asks]"),
        "steps": parsed("name: part, handoff: {workflow: hands}"),
        "reads": with_agent("tools: [orders.find]"),
        "plain": None,
    }
    assert outward_workflows(definitions, TOOLS) == {"asks", "hands", "steps"}


def test_it_is_refused_at_its_line_when_it_is_published(lane: Lane) -> None:
    add_finder(lane)
    add_finder(lane, name="web.search", title="Search the web", asks_outside=True)
    text = agent_text().replace("[orders.find,", "[orders.find, web.search,")
    with pytest.raises(DefinitionError) as raised:
        lane.use(text)
    (problem,) = raised.value.problems
    assert "Take one of the three away." in problem.message
    line = text.split("\n")[problem.line - 1]
    assert "tools: [orders.find, web.search" in line


def test_only_what_reads_asks_outside(lane: Lane) -> None:
    with pytest.raises(Invalid, match="only a tool that reads can be said to ask outside"):
        add_tool(
            name="a.b",
            title="A",
            adapter="http",
            effect="write",
            kind="send",
            asks_outside=True,
            settings={"url": "https://a.example"},
            args_schema={"type": "object"},
            actor=lane.world.staff(lane.client),
        )


def test_records_of_a_public_source_are_nothing_private() -> None:
    step = SEARCH.format(needs="facts", more="")
    definition = parsed("name: facts, retrieve: {records: {prices: input.id}}", step)
    assert list(outward_problems(definition, WORLD))
    assert not list(outward_problems(definition, replace(WORLD, public=frozenset({"prices"}))))

"""What a drill makes fail: the model of each step that asks one, and each of its tools."""

from tests.workflows.definition_kit import parsed
from workflows.drill.targets import DrillTarget, ToolFacts, Way, targets_of

READS, WRITES = ToolFacts("Find an order", False, False), ToolFacts("Refund", True, True)
STEPS = (
    'name: facts, retrieve: {query: "x"}',
    'name: reply, generate: {prompt: "x", schema: {type: object}}',
    'name: work, agent: {prompt: "x", tools: [find, refund]}',
    "name: act, act: {tool: refund}",
    "name: gone, act: {tool: other}",
)


def test_each_model_and_tool_of_each_step_is_a_target() -> None:
    found = targets_of(parsed(*STEPS), {"find": READS, "refund": WRITES})
    assert found == [
        DrillTarget("reply"),
        DrillTarget("work", of_agent=True),
        DrillTarget("work", "find", READS, of_agent=True),
        DrillTarget("work", "refund", WRITES, of_agent=True),
        DrillTarget("act", "refund", WRITES),
        DrillTarget("gone", "other", ToolFacts("other", True, False)),
    ]


def test_only_what_writes_can_be_in_doubt() -> None:
    read = (Way.UNREACHABLE, Way.REFUSED, Way.LATE)
    assert DrillTarget("s", "find", READS).ways == read
    assert DrillTarget("s", "refund", WRITES).ways == (Way.UNREACHABLE, Way.REFUSED, Way.DOUBT)


def test_only_a_model_that_writes_has_a_schema_its_answer_may_not_fit() -> None:
    assert Way.UNFIT in DrillTarget("s").ways
    assert Way.UNFIT not in DrillTarget("s", of_agent=True).ways


def test_people_know_it_by_its_title() -> None:
    assert DrillTarget("s").title("openai/m") == "The model openai/m"
    assert DrillTarget("s", "find", READS).title() == "Find an order (find)"
    assert DrillTarget("s").title() == "The model"

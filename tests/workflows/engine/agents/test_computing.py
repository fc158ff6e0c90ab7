"""An agent has days and sums computed, and is told what can't be."""

from tests.fakes.model import ModelServer
from tests.fakes.said import Called
from tests.lanes import Lane
from tests.workflows.engine.agent_kit import agent_text, calling, parts, says, told

COMPUTES = "      functions: [dates.today, dates.add_working, amounts.percent]"


def test_functions_answer_at_once_and_odd_calls_are_told(
    agent_lane: Lane, model: ModelServer
) -> None:
    agent_lane.use(agent_text(COMPUTES, slug="computes"))
    working = {"date": "2026-11-17", "days": 3, "holidays": []}
    calls = (
        Called("dates.today", {}),
        Called("dates.add_working", working),
        Called("dates.add_working", working | {"date": "soon"}),
        Called("amounts.percent", {"amount": {"value": 4820.5, "currency": "USD"}, "percent": "5"}),
        Called("dates.add", {"date": "2026-11-17", "days": 1}),
    )
    says(model, calling(*calls), "By Friday.")
    agent_lane.start()
    said = told(model)
    assert said[0] == '<result>{"date": "2026-11-17", "weekday": "Tuesday"}</result>'
    assert said[1] == '<result>{"date": "2026-11-20", "weekday": "Friday"}</result>'
    assert said[2] == "It failed. “soon” is no date. Write it like 2026-11-30."
    assert said[3].startswith("Refused. ")
    assert said[4] == (
        "Refused. There is no tool called dates.add. There are: orders.find, shop.refund, "
        "mail.send, dates.today, dates.add_working, amounts.percent."
    )
    assert [kind for _, kind, _ in parts(agent_lane)] == ["turn", *["call"] * 5, "turn"]
    assert not agent_lane.calls("tool")

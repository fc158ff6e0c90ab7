"""What an agent's model is offered: the tools of its list that there are, and its workflows."""

from approvals.models import Tool
from tests.lanes import Lane
from tests.workflows.definition_kit import REPLY, definition
from tests.workflows.engine.agent_kit import agent_text
from workflows.definitions.definition import Step
from workflows.engine.agents.tools import input_shape, offered_tools
from workflows.validation.parse import parse


def step(more: str = "") -> Step:
    return parse(agent_text(more))[0].step("work")


def names(found: Step) -> list[str]:
    return [tool["name"] for tool in offered_tools(found)]


def test_what_is_switched_off_or_gone_is_not_offered(agent_lane: Lane) -> None:
    assert names(step()) == ["orders.find", "shop.refund", "mail.send"]
    Tool.objects.filter(name="shop.refund").update(enabled=False)
    Tool.objects.filter(name="mail.send").update(name="mail.gone")
    assert names(step()) == ["orders.find"]


def test_a_workflow_is_offered_by_the_fields_it_reads(agent_lane: Lane) -> None:
    workflow = agent_lane.use(definition(REPLY, slug="replies"))
    shape = input_shape(workflow)
    assert shape["additionalProperties"] is False
    assert set(shape["properties"]) == {"message", "order_id"}
    found = step("      workflows: [replies, nobody]")
    assert names(found)[:2] == ["workflow.replies", "orders.find"]
    assert "Another workflow" in offered_tools(found)[0]["description"]

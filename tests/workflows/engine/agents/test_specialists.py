"""An agent hands a part of its work to another workflow, and goes on with what came of it."""

from typing import Any

import pytest

from tenants.errors import Conflict
from tests.fakes.model import ModelServer, Reply
from tests.fakes.said import Called
from tests.lanes import Lane
from tests.workflows.engine.agent_kit import agent_text, calling, find, parts, refund, says, told
from workflows.definitions.problems import DefinitionError
from workflows.models import Run
from workflows.services.rerun import rerun

CHECKER = """
workflow: stock-check
title: Stock check
rung: {rung}
brief: {{why: "Says whether something is in stock."}}
input:
  type: object
  required: [sku]
  properties: {{sku: {{type: string}}}}
steps:
  - name: answer
    generate:
      prompt: "Is {{{{ input.sku }}}} in stock?"
      schema: {{type: object, required: [choice], properties: {{choice: {{default: in stock}}}}}}
{more}
"""
REFUND = """  - name: refund
    needs: [answer]
    act:
      tool: shop.refund
      args: {order: "'A-17'", amount: "{'value': 100, 'currency': 'USD'}"}
"""
HANDS = "      workflows: [stock-check]"


def check(**args: Any) -> Called:
    return Called("workflow.stock-check", args)


@pytest.fixture
def handing(agent_lane: Lane) -> Lane:
    """An agent that may hand over to a workflow which only reads."""
    agent_lane.use(CHECKER.format(rung="draft_only", more=""))
    agent_lane.use(agent_text(HANDS, slug="hands-over"))
    return agent_lane


def runs() -> list[str]:
    return list(Run.objects.order_by("id").values_list("status", flat=True))


def test_the_result_comes_back_as_data(handing: Lane, model: ModelServer) -> None:
    says(model, calling(check(sku="lamp")), "It is in stock.")
    handing.start()
    offered = model.requests[0]["tools"][0]["function"]
    assert offered["name"] == "workflow_stock-check"
    assert list(offered["parameters"]["properties"]) == ["sku"]
    (said,) = told(model)
    assert said.startswith("<result>")
    assert '"choice": "in stock"' in said
    assert parts(handing, Run.objects.get(workflow=handing.workflow)) == [
        ("work.1", "turn", "done"),
        ("work.2", "handoff", "done"),
        ("work.3", "turn", "done"),
    ]
    assert handing.item().draft["text"] == "It is in stock."


def test_input_that_does_not_fit_is_refused_and_told(handing: Lane, model: ModelServer) -> None:
    says(model, calling(check(sku=1), check(sku="a", more="b"), check()), "Sorry.")
    handing.start()
    assert all(one.startswith("Refused. ") for one in told(model))
    assert runs() == ["waiting"]


def test_it_waits_as_long_as_people_take_there(agent_lane: Lane, model: ModelServer) -> None:
    agent_lane.use(CHECKER.format(rung="execute_with_approval", more=REFUND))
    agent_lane.use(agent_text(HANDS, slug="hands-over"))
    says(model, calling(check(sku="lamp")), "They refunded it.")
    agent_lane.start()
    assert runs() == ["waiting", "waiting"]
    assert not agent_lane.shop.effects
    agent_lane.pass_time(hours=5)  # longer than the agent's own minutes
    agent_lane.decide()
    assert len(agent_lane.shop.effects) == 1
    assert agent_lane.item().draft["text"] == "They refunded it."


def test_what_is_handed_over_may_do_no_more_than_the_agent(
    agent_lane: Lane, model: ModelServer
) -> None:
    agent_lane.use(CHECKER.format(rung="execute_with_approval", more=REFUND))
    agent_lane.use(agent_text(HANDS, slug="hands-over", rung="draft_only"))
    says(model, calling(check(sku="lamp"), refund()), "Nothing was refunded.")
    agent_lane.start()
    assert not agent_lane.proposals()
    assert told(model)[1].startswith("Refused. On the rung")


def test_a_failure_there_is_told_and_the_agent_goes_on(handing: Lane, model: ModelServer) -> None:
    text = CHECKER.format(rung="draft_only", more="").replace("stock-check", "broken-check")
    handing.use(text.replace("{{ input.sku }}", "{{ input.gone }}"))
    handing.use(agent_text("      workflows: [broken-check]", slug="hands-to-broken"))
    says(model, calling(Called("workflow.broken-check", {"sku": "a"}), find()), "It is broken.")
    handing.start()
    assert told(model)[0].startswith("It failed. Stock check failed.")
    assert handing.item().draft["text"] == "It is broken."


def test_tried_again_it_still_knows_what_was_done_there(
    agent_lane: Lane, model: ModelServer
) -> None:
    agent_lane.use(CHECKER.format(rung="execute_with_approval", more=REFUND))
    agent_lane.use(agent_text(HANDS, slug="hands-over"))
    says(model, calling(check(sku="lamp")), Reply(400, "no such model"))
    agent_lane.start()
    agent_lane.decide()
    says(model, calling(check(sku="lamp")), "They refunded it.")
    agent_lane.resolve("retry")
    assert agent_lane.item().draft["text"] == "They refunded it."
    assert len(agent_lane.shop.effects) == 1
    assert len(runs()) == 2


def test_no_rerun_hands_over_again_what_was_done_there(
    agent_lane: Lane, model: ModelServer
) -> None:
    agent_lane.use(CHECKER.format(rung="execute_with_approval", more=REFUND))
    agent_lane.use(agent_text(HANDS, slug="hands-over"))
    says(model, calling(check(sku="lamp")), "They refunded it.")
    agent_lane.start()
    agent_lane.decide()
    agent_lane.decide()
    run = Run.objects.get(workflow=agent_lane.workflow)
    with pytest.raises(Conflict, match="What the step work handed over was carried out"):
        rerun(run.pk, step="work", actor=agent_lane.client.actor())


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("      workflows: [nobody]", "There is no published workflow called nobody."),
        ("      workflows: [circle]", "These workflows hand over to each other"),
    ],
)
def test_unknown_workflows_and_circles_are_refused(agent_lane: Lane, more: str, said: str) -> None:
    with pytest.raises(DefinitionError) as raised:
        agent_lane.use(agent_text(more, slug="circle"))
    assert any(said in problem.message for problem in raised.value.problems)

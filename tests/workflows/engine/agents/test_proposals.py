"""Proposals of an agent: judged when they are made, and again when they go before people."""

import pytest

from approvals.models import Tool
from tests.fakes.model import ModelServer
from tests.lanes import Lane
from tests.workflows.engine.agent_kit import (
    agent_text,
    calling,
    find,
    mail,
    refund,
    says,
    told,
)
from workflows.models import StepRun


def test_what_is_approved_is_done_once_in_order_and_the_step_is_done(
    agent_lane: Lane, model: ModelServer
) -> None:
    says(model, calling(refund(), mail(), text="We refund Mia."))
    agent_lane.start()
    agent_lane.decide()
    assert [one["path"] for one in agent_lane.shop.effects] == ["/refunds"]
    assert len(agent_lane.post.messages) == 1
    assert agent_lane.statuses() == {"work.2": "executed", "work.3": "executed"}
    assert agent_lane.steps()["work"] == "done"
    run = agent_lane.run()
    assert (run.status, run.outcome) == ("done", "accepted")
    output = StepRun.objects.get(run=run, name="work", replaced_at=None).output
    assert output["text"] == "We refund Mia."
    assert output["proposed"] == ["work.2", "work.3"]
    assert len(output["done"]) == 2


def test_a_rejected_card_does_nothing(agent_lane: Lane, model: ModelServer) -> None:
    says(model, calling(refund(), text="We refund Mia."))
    agent_lane.start()
    agent_lane.decide("reject", reason="tone")
    assert not agent_lane.shop.requests
    assert agent_lane.steps()["work"] == "skipped"
    assert (agent_lane.run().status, agent_lane.run().outcome) == ("done", "rejected")


@pytest.mark.parametrize("rung", ["draft_only", "recommend_and_route"])
def test_below_its_rung_a_write_is_refused_and_told(
    agent_lane: Lane, model: ModelServer, rung: str
) -> None:
    agent_lane.use(agent_text(rung=rung, slug="lower"))
    says(model, calling(find(), refund()), "We would refund Mia.")
    agent_lane.start()
    assert [one["path"] for one in agent_lane.shop.requests] == ["/orders/find"]
    assert told(model)[1].startswith("Refused. On the rung")
    item = agent_lane.item()
    assert item.draft["text"] == "We would refund Mia."
    is_recommended = rung == "recommend_and_route"
    assert (item.kind == "recommendation") is is_recommended
    assert not agent_lane.proposals()


def test_a_never_rule_refuses_a_proposal(agent_lane: Lane, model: ModelServer) -> None:
    never = 'never: [{tool: shop.refund, if: "args.amount.value > 1000", why: "Too much."}]\nsteps:'
    agent_lane.use(agent_text(slug="never-much").replace("steps:", never, 1))
    says(model, calling(refund(), mail()), "Only the mail.")
    agent_lane.start()
    assert list(agent_lane.statuses()) == ["work.3"]
    assert agent_lane.note("work.2") == "Too much."


@pytest.mark.parametrize("after", ["continue", "end"])
def test_a_tool_switched_off_meanwhile_is_told_before_the_rest_goes_to_people(
    agent_lane: Lane, model: ModelServer, after: str
) -> None:
    """Else they would approve a mail that promises what nobody is asked for."""
    agent_lane.use(agent_text(f"      after_proposal: {after}", slug="goes-on"))
    agent_lane.shop.status = 503
    wrong = mail(body="We refund you 48.20.")
    first = calling(refund(), wrong, find(), text="We refund Mia and tell her.")
    believed = ["We refund Mia and tell her."] if after == "continue" else []
    says(model, first, *believed, calling(mail(body="No refund.")), "It can't be refunded now.")
    agent_lane.start()
    Tool.objects.filter(name="shop.refund").update(enabled=False)
    agent_lane.shop.status = 200
    agent_lane.pass_time(minutes=1)
    assert "no tool called shop.refund any more" in agent_lane.note("work.2")
    assert agent_lane.verbs().count("step.refused") == 1
    refused, withdrawn = told(model)[:2]
    assert refused == "Refused. There is no tool called shop.refund any more."
    assert withdrawn.startswith("Refused. What you proposed beside it may not be done any more")
    (proposal,) = agent_lane.proposals().values()
    assert proposal.args["body"] == "No refund."


def test_where_a_late_refusal_is_told_it_has_another_turn_and_no_endless_many(
    agent_lane: Lane, model: ModelServer
) -> None:
    more = "      after_proposal: continue\n      caps: {turns: 2}"
    agent_lane.use(agent_text(more, slug="goes-on"))
    agent_lane.shop.status = 503
    says(model, calling(refund(), mail(), find()), "We refund Mia.")
    agent_lane.start()
    Tool.objects.filter(name="shop.refund").update(enabled=False)
    agent_lane.shop.status = 200
    agent_lane.pass_time(minutes=1)
    assert not agent_lane.statuses()
    assert "It asked its model 2 times" in agent_lane.exception().draft["problem"]


def test_an_action_that_failed_is_asked_for_again_and_the_step_ends(
    agent_lane: Lane, model: ModelServer
) -> None:
    agent_lane.shop.status = 422
    says(model, calling(refund(), mail(), text="We refund Mia."))
    agent_lane.start()
    agent_lane.decide()
    assert (agent_lane.steps()["work"], agent_lane.run().status) == ("failed", "failed")
    assert not agent_lane.post.messages
    agent_lane.shop.status = 200
    agent_lane.resolve("ask_again")
    agent_lane.decide()
    assert agent_lane.steps()["work"] == "done"
    assert agent_lane.run().status == "done"
    assert len(agent_lane.shop.effects) == 1
    assert len(agent_lane.post.messages) == 1


@pytest.mark.parametrize("way", ["ask_again", "did_not", "happened"])
def test_what_comes_after_the_agent_is_done_once_its_action_is_settled(
    agent_lane: Lane, model: ModelServer, way: str
) -> None:
    then = """
  - name: tell
    needs: [work]
    act: {tool: mail.send, args: {to: "'a@kern.example'", subject: "'Hello'", body: "'Settled.'"}}
"""
    agent_lane.use(agent_text(then, slug="tells"))
    Tool.objects.filter(name="shop.refund").update(takes_key=False)
    agent_lane.shop.status = 422 if way == "ask_again" else 500
    says(model, calling(refund(), text="We refund Mia."))
    agent_lane.start()
    agent_lane.decide()
    assert agent_lane.note("tell") == "A step it needs has failed."
    agent_lane.shop.status = 200
    agent_lane.resolve(way)
    if way != "happened":
        agent_lane.decide()
    assert agent_lane.item().step == "tell"
    agent_lane.decide()
    assert len(agent_lane.post.messages) == 1
    assert agent_lane.run().status == "done"


def test_where_all_is_refused_at_the_end_the_model_is_told(
    agent_lane: Lane, model: ModelServer
) -> None:
    agent_lane.shop.status = 503
    says(model, calling(refund(), find()), "It can't be refunded.")
    agent_lane.start()
    Tool.objects.filter(name="shop.refund").update(enabled=False)
    agent_lane.shop.status = 200
    agent_lane.pass_time(minutes=1)
    assert told(model)[0].startswith("Refused. There is no tool called shop.refund any more.")
    assert agent_lane.item().draft["text"] == "It can't be refunded."


def test_sent_back_it_recommends_no_more_what_it_recommended_before(
    agent_lane: Lane, model: ModelServer
) -> None:
    agent_lane.use(agent_text(rung="recommend_and_route", slug="lower"))
    says(model, calling(refund()), "We would refund Mia.", "We write to her.")
    agent_lane.start()
    agent_lane.decide("again", reason="tone", words="No refund.")
    item = agent_lane.item()
    assert (item.kind, item.draft["text"]) == ("draft", "We write to her.")

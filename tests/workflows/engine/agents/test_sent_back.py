"""An agent that goes on after people had its text: nothing that was done is asked for twice."""

import json
from typing import Any

import pytest

from approvals.models import ReviewItem
from tenants.errors import Conflict
from tests.fakes.model import ModelServer, Reply
from tests.lanes import Lane
from tests.undo_kit import declare_undo, undo
from tests.workflows.engine.agent_kit import agent_text, calling, find, parts, refund, says, told
from workflows.services.rerun import rerun

TELL = """
  - name: tell
    needs: [work]
    act:
      tool: mail.send
      args: {to: "'mia@kern.example'", subject: "'Hello'", body: steps.work.output.text}
"""


def half_done(lane: Lane) -> None:
    """Approve two refunds, of which the shop makes the first."""
    lane.shop.status = refuses_the_second
    lane.start()
    lane.decide()
    assert lane.statuses() == {"work.2": "executed", "work.3": "failed"}


def refuses_the_second(request: dict[str, Any]) -> int:
    return 422 if "A-18" in json.dumps(request["body"]) else 200


def test_the_text_of_a_later_action_is_sent_back_to_the_agent(
    agent_lane: Lane, model: ModelServer
) -> None:
    agent_lane.use(agent_text(TELL, slug="tells"))
    says(model, "First text.", "Second text.")
    agent_lane.start()
    assert agent_lane.item().step == "tell"
    agent_lane.decide("again", reason="tone", words="Nicer.")
    assert agent_lane.item().draft["text"] == "Second text."
    agent_lane.decide()
    assert len(agent_lane.post.messages) == 1
    assert agent_lane.run().status == "done"


def test_it_is_told_of_what_was_done_before_a_later_text_was_sent_back(
    agent_lane: Lane, model: ModelServer
) -> None:
    agent_lane.use(agent_text(TELL, slug="tells"))
    says(model, calling(refund(), text="We refund Mia."), "Second text.")
    agent_lane.start()
    agent_lane.decide()
    agent_lane.decide("again", reason="tone", words="Nicer.")
    assert told(model)[0].startswith("A person agreed, and it was done.")
    agent_lane.decide()
    assert agent_lane.run().status == "done"
    assert len(agent_lane.shop.effects) == 1


def test_sent_back_when_half_was_done_its_new_text_goes_to_a_person(
    agent_lane: Lane, model: ModelServer
) -> None:
    says(model, calling(refund(), refund(100, "A-18"), text="We refund Mia."), "Only one.")
    half_done(agent_lane)
    agent_lane.resolve("ask_again")
    agent_lane.decide("again", reason="tone", words="Only one.")
    done, withdrawn = told(model)
    assert done.startswith("A person agreed, and it was done.")
    assert withdrawn == "It was not done."
    assert agent_lane.item().draft["text"] == "Only one."


def test_it_is_told_that_what_was_done_was_undone_since(
    agent_lane: Lane, model: ModelServer
) -> None:
    declare_undo(agent_lane)
    says(model, calling(refund(), refund(100, "A-18"), text="We refund Mia."), "None of it.")
    half_done(agent_lane)
    agent_lane.shop.status = 200
    undo(agent_lane)
    assert agent_lane.statuses()["work.2"] == "undone"
    agent_lane.resolve("ask_again")
    agent_lane.decide("again", reason="tone", words="None of it.")
    undone, withdrawn = told(model)
    assert undone.endswith("Later a person had it undone, so it holds no more.")
    assert withdrawn == "It was not done."


def test_tried_again_it_still_knows_what_was_done(agent_lane: Lane, model: ModelServer) -> None:
    both = calling(refund(), refund(100, "A-18"), text="We refund Mia.")
    says(model, both, Reply(400, "no such model"))
    half_done(agent_lane)
    agent_lane.resolve("ask_again")
    agent_lane.decide("again", reason="tone", words="Only one.")
    says(model, both, "All is done.")
    agent_lane.resolve("retry")
    assert told(model)[0].startswith("A person agreed, and it was done.")
    assert agent_lane.item().draft["text"] == "All is done."
    assert ("work.2", "act", "done") in parts(agent_lane)


def test_a_person_who_has_it_tried_again_gives_it_its_caps_anew(
    agent_lane: Lane, model: ModelServer
) -> None:
    agent_lane.use(agent_text("      caps: {turns: 2, tool_calls: 2}", slug="capped"))
    both = calling(refund(), refund(100, "A-18"), text="We refund Mia.")
    says(model, both, Reply(400, "no such model"))
    half_done(agent_lane)
    agent_lane.resolve("ask_again")
    agent_lane.decide("again", reason="tone", words="Only one.")
    says(model, both, calling(find()), "All is done.")
    agent_lane.resolve("retry")
    assert agent_lane.item().draft["text"] == "All is done."


def test_a_person_who_sends_a_text_back_gives_it_its_caps_anew(
    agent_lane: Lane, model: ModelServer
) -> None:
    caps = "      caps: {turns: 2, tool_calls: 1, same_calls: 1}\n"
    agent_lane.use(agent_text(f"{caps}      after_proposal: continue", slug="capped"))
    answers = [calling(refund(), text="We refund Mia."), "First."]
    says(model, *answers, *answers, *answers)
    agent_lane.start()
    for _ in range(2):
        assert agent_lane.item().proposals.count() == 1
        agent_lane.decide("again", reason="tone", words="Nicer.")
    assert not ReviewItem.objects.filter(kind="exception").exists()
    assert agent_lane.item().draft["text"] == "First."


def test_no_rerun_repeats_an_agent_that_has_acted_and_not_ended(
    agent_lane: Lane, model: ModelServer
) -> None:
    agent_lane.use(agent_text(TELL, slug="tells"))
    says(model, calling(refund(), refund(100, "A-18"), text="We refund Mia."))
    half_done(agent_lane)
    with pytest.raises(Conflict, match="The agent work did not end"):
        rerun(agent_lane.run().pk, step="tell", actor=agent_lane.client.actor())


def test_asked_for_again_and_rejected_the_step_is_skipped(
    agent_lane: Lane, model: ModelServer
) -> None:
    agent_lane.shop.status = 422
    says(model, calling(refund(), text="We refund Mia."))
    agent_lane.start()
    agent_lane.decide()
    agent_lane.resolve("ask_again")
    agent_lane.decide("reject", reason="tone")
    assert agent_lane.steps()["work"] == "skipped"


def test_a_retry_of_another_step_leaves_the_parts_of_an_agent(
    agent_lane: Lane, model: ModelServer
) -> None:
    beside = """
  - name: beside
    generate: {prompt: "Say it otherwise.", schema: {type: object}}
"""
    never = 'never: [{tool: shop.refund, if: "args.amount.value > 4000", why: "Much."}]\nsteps:'
    agent_lane.use(agent_text(beside, slug="beside").replace("steps:", never, 1))
    first = calling(refund(100), refund(), text="We refund Mia.")

    def answer(request: dict[str, Any]) -> Any:
        if not request.get("tools"):
            return Reply(400, "no such model")
        turns = sum(one["role"] == "assistant" for one in request["messages"])
        return (first, calling(find()), "Done.")[turns]

    model.answers = answer
    agent_lane.start()
    agent_lane.resolve("retry")
    agent_lane.decide("again", reason="tone", words="No refund.")
    names = [name for name, _, _ in parts(agent_lane)]
    assert names == [f"work.{number}" for number in range(1, 8)]
    assert told(model)[1] == "Refused. Much."


def test_a_value_in_the_place_of_a_failed_turn_ends_the_run_as_done(
    agent_lane: Lane, model: ModelServer
) -> None:
    says(model, calling(find()), Reply(400, "no such model"))
    agent_lane.start()
    agent_lane.resolve("skip", value="We will write.")
    agent_lane.decide()
    assert agent_lane.run().status == "done"

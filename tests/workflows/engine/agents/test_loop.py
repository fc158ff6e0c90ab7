"""An agent step: turns of a model and calls of its tools, until it ends or must stop."""

from typing import Any

import pytest

from tests.fakes.model import ModelServer, Reply
from tests.fakes.said import Answer, Called, Said
from tests.lanes import Lane
from tests.workflows.engine.agent_kit import (
    agent_text,
    calling,
    find,
    mail,
    parts,
    refund,
    says,
    told,
)
from workflows.gateway.usage import Usage
from workflows.models import Call, StepRun


def test_what_reads_is_done_at_once_and_what_writes_is_proposed(
    agent_lane: Lane, model: ModelServer
) -> None:
    says(model, calling(find()), calling(refund(), mail(), text="We refund Mia."))
    agent_lane.start()
    assert parts(agent_lane) == [
        ("work.1", "turn", "done"),
        ("work.2", "call", "done"),
        ("work.3", "turn", "done"),
        ("work.4", "act", "waiting"),
        ("work.5", "act", "waiting"),
    ]
    assert [one["path"] for one in agent_lane.shop.requests] == ["/orders/find"]
    assert "Mia Kern" in told(model)[0]
    item = agent_lane.item()
    assert (item.kind, item.step, item.draft["text"]) == ("proposal", "work", "We refund Mia.")
    assert agent_lane.statuses() == {"work.4": "proposed", "work.5": "proposed"}
    assert agent_lane.run().status == "waiting"


def test_an_agent_that_only_reads_ends_with_a_draft(agent_lane: Lane, model: ModelServer) -> None:
    says(model, calling(find()), "Your order A-17 is on its way.")
    agent_lane.start()
    item = agent_lane.item()
    assert (item.kind, item.draft["text"]) == ("draft", "Your order A-17 is on its way.")
    agent_lane.decide()
    assert agent_lane.run().status == "done"


def test_it_goes_on_after_a_proposal_where_the_definition_says_so(
    agent_lane: Lane, model: ModelServer
) -> None:
    agent_lane.use(agent_text("      after_proposal: continue", slug="goes-on"))
    says(model, calling(refund()), calling(find()), calling(mail()), "Settled.")
    agent_lane.start()
    assert len(model.requests) == 4
    assert told(model, 1) == [told(model, 3)[0]]
    assert told(model, 1)[0].startswith("Proposed, and not done.")
    item = agent_lane.item()
    assert item.draft["text"] == "Settled."
    assert sorted(agent_lane.statuses()) == ["work.2", "work.6"]
    agent_lane.decide()
    assert agent_lane.run().status == "done"
    assert len(agent_lane.shop.effects) == 2  # the read, and the refund


def test_every_turn_and_read_is_a_call_of_the_journal(agent_lane: Lane, model: ModelServer) -> None:
    says(model, calling(find()), "Done.")
    agent_lane.start()
    calls = list(Call.objects.order_by("id"))
    assert [(call.kind, call.name, call.status) for call in calls] == [
        ("model", "openai/scripted", "done"),
        ("tool", "orders.find", "done"),
        ("model", "openai/scripted", "done"),
    ]
    assert [call.step.name for call in calls] == ["work.1", "work.2", "work.3"]
    assert calls[1].response["body"]["email"] == "mia@kern.example"


def problem(lane: Lane) -> str:
    return str(lane.exception().draft["problem"])


@pytest.mark.parametrize(
    ("cap", "said"),
    [
        ("turns: 2", "It asked its model 2 times, which is the most it may."),
        ("tool_calls: 1", "It asked for 2 calls; it may ask for 1."),
        ("tokens: 100", "tokens; it may take 100."),
    ],
)
def test_a_cap_is_an_exception_with_what_was_found(
    agent_lane: Lane, model: ModelServer, cap: str, said: str
) -> None:
    agent_lane.use(agent_text(f"      caps: {{{cap}}}", slug="capped"))
    used = Usage(uncached=60, answer=20)
    says(model, *(Said("", calls=(find(f"A-{n}"),), usage=used) for n in range(9)))
    agent_lane.start()
    assert said in problem(agent_lane)
    assert agent_lane.exception().draft["cause"] == "agent_limit"
    row = StepRun.objects.get(run=agent_lane.run(), name="work", replaced_at=None)
    assert "mia@kern.example" in row.output["found"][0]["said"]
    assert agent_lane.run().status == "failed"


def test_how_long_it_takes_is_capped(agent_lane: Lane, model: ModelServer) -> None:
    agent_lane.use(agent_text("      caps: {minutes: 1}", slug="capped"))
    says(model, calling(find()))
    agent_lane.shop.status = 503
    agent_lane.start()
    agent_lane.pass_time(minutes=2)
    agent_lane.pass_time(minutes=2)
    assert "It took longer than 1 minute." in problem(agent_lane)
    assert len(model.requests) == 1


def test_a_model_that_asks_for_what_is_refused_again_and_again_is_stopped(
    agent_lane: Lane, model: ModelServer
) -> None:
    says(model, calling(Called("shop.close", {})))
    agent_lane.start()
    assert len(model.requests) == 6
    assert "6 of its calls were refused" in problem(agent_lane)


def test_tried_again_it_begins_anew(agent_lane: Lane, model: ModelServer) -> None:
    says(model, calling(find()), Reply(400, "no such model"))
    agent_lane.start()
    says(model, "All is well.")
    agent_lane.resolve("retry")
    assert parts(agent_lane) == [("work.1", "turn", "done")]
    assert agent_lane.item().draft["text"] == "All is well."


def test_a_declared_value_takes_its_place(agent_lane: Lane, model: ModelServer) -> None:
    text = agent_text(slug="with-value").replace(
        "    retry: {wait: 100ms}",
        "    retry: {wait: 100ms}\n    on_failure: {value: {text: We will write to you.}}",
    )
    agent_lane.use(text)
    says(model, Reply(400, "no such model"))
    agent_lane.start()
    assert agent_lane.steps()["work"] == "done"
    assert agent_lane.item().draft["text"] == "We will write to you."


def test_sent_back_it_goes_on_with_what_the_person_said(
    agent_lane: Lane, model: ModelServer
) -> None:
    says(model, calling(refund(), text="We refund Mia."), calling(mail(), text="We write to Mia."))
    agent_lane.start()
    agent_lane.decide("again", reason="tone", words="No refund, write to her.")
    last = model.requests[-1]["messages"]
    assert told(model)[0] == "It was not done."
    assert "No refund, write to her." in last[-1]["content"]
    assert [p.tool_name for p in agent_lane.proposals().values() if p.status == "proposed"] == [
        "mail.send"
    ]
    agent_lane.decide()
    assert not agent_lane.shop.requests
    assert len(agent_lane.post.messages) == 1
    assert agent_lane.run().status == "done"


def test_no_more_calls_are_made_in_a_turn_than_the_cap_allows(
    agent_lane: Lane, model: ModelServer
) -> None:
    agent_lane.use(agent_text("      caps: {tool_calls: 3}", slug="capped"))
    says(model, calling(*(find(f"A-{n}") for n in range(40)), refund()), "Done.")
    agent_lane.start()
    assert len(agent_lane.shop.requests) == 3
    assert "It asked for 41 calls; it may ask for 3." in problem(agent_lane)
    row = StepRun.objects.get(run=agent_lane.run(), name="work", replaced_at=None)
    assert len(row.output["found"]) == 3


def test_a_turn_proposes_the_very_same_no_oftener_than_the_cap_allows(
    agent_lane: Lane, model: ModelServer
) -> None:
    same = refund(order="Caf\u0065\u0301")
    says(model, calling(same, same, same, same))
    agent_lane.start()
    assert agent_lane.statuses() == {"work.2": "proposed", "work.3": "proposed"}


def test_tokens_that_no_provider_counts_are_guessed(agent_lane: Lane, model: ModelServer) -> None:
    agent_lane.use(agent_text("      caps: {tokens: 3000}", slug="capped"))
    long = "x" * 4000
    says(model, *(Said(long, calls=(find(f"A-{n}"),), usage=Usage()) for n in range(9)))
    agent_lane.start()
    assert len(model.requests) == 2
    assert "tokens; it may take 3,000." in problem(agent_lane)


def test_with_a_schema_it_answers_before_its_proposals_go_to_people(
    agent_lane: Lane, model: ModelServer
) -> None:
    shape = "{type: object, required: [total], properties: {total: {type: integer}}}"
    agent_lane.use(agent_text(f"      schema: {shape}", slug="shaped"))
    says(model, calling(refund()), '{"total": 3}')
    agent_lane.start()
    assert agent_lane.statuses() == {"work.2": "proposed"}
    agent_lane.decide()
    row = StepRun.objects.get(run=agent_lane.run(), name="work", replaced_at=None)
    assert row.output["total"] == 3
    assert agent_lane.run().status == "done"


def test_an_answer_at_an_unknown_price_counts_for_what_the_client_says(
    agent_lane: Lane, model: ModelServer
) -> None:
    tenant = agent_lane.client.tenant
    tenant.unpriced_call_micros = 600_000
    tenant.save(update_fields=["unpriced_call_micros"])
    says(model, calling(find()), "All is well.")
    agent_lane.start()
    Call.objects.filter(kind="model").update(cost_micros=None)
    assert len(model.requests) == 2
    agent_lane.use(agent_text("      caps: {dollars: 0.5}", slug="capped"))
    agent_lane.start()
    assert "It cost $0.60; it may cost $0.50." in problem(agent_lane)
    assert len(model.requests) == 3


def test_turns_that_another_model_took_over_count_too(agent_lane: Lane, model: ModelServer) -> None:
    text = agent_text("      caps: {tokens: 5000}", slug="taken-over").replace(
        "    retry: {wait: 100ms}",
        "    retry: {wait: 100ms}\n    on_failure: [{model: openai/second}]",
    )
    agent_lane.use(text)

    def answer(request: dict[str, Any]) -> Answer:
        cut = Said("", finish="length", usage=Usage(uncached=4000, answer=900))
        calls = Said("", calls=(find(),), usage=Usage(uncached=100, answer=20))
        return cut if request["model"] == "scripted" else calls

    model.answers = answer
    agent_lane.start()
    assert [one["model"] for one in model.requests] == ["scripted", "second"]
    assert "It took 5,020 tokens; it may take 5,000." in problem(agent_lane)


@pytest.mark.parametrize(
    "after",
    [
        "act: {tool: mail.send, args: {to: \"'a@kern.example'\", subject: \"'Hello'\", "
        "body: steps.work.output.text}}",
        "generate: {schema: {type: object, properties: {text: {type: string}}}, "
        "prompt: 'Sum up {{ steps.work.output.text }}'}",
    ],
)
def test_a_step_that_needs_what_was_rejected_is_left_out(
    agent_lane: Lane, model: ModelServer, after: str
) -> None:
    agent_lane.use(agent_text(f"  - name: tell\n    needs: [work]\n    {after}", slug="then"))
    says(model, calling(refund(), text="We refund Mia."))
    agent_lane.start()
    agent_lane.decide("reject", reason="tone")
    assert agent_lane.steps()["tell"] == "skipped"
    assert agent_lane.note("tell") == "It needs what the step work gives. The item was rejected."
    assert (agent_lane.run().status, agent_lane.run().outcome) == ("done", "rejected")
    assert len(model.requests) == 1

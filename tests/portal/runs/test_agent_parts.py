"""The trace of an agent: its turns, its calls and its proposals."""

from collections.abc import Iterator

import pytest

from approvals.models import Tool
from portal.review.item.exception import told_to
from portal.runs.trace import trace
from tenants.actors import Actor
from tests.fakes.model import ModelServer, Reply
from tests.lanes import Lane
from tests.portal.agents_kit import waiting_card
from tests.portal.visiting import text, visit
from tests.workflows.engine.agent_kit import find, says
from workflows.models import Call, StepRun
from workflows.services.runs import cancel_run

pytestmark = pytest.mark.django_db


@pytest.fixture
def card() -> Iterator[Lane]:
    with waiting_card() as lane:
        yield lane


def page(lane: Lane) -> str:
    return text(visit(lane.client.owner, lane.client).get(f"runs/{lane.run().pk}/"))


def test_each_part_says_what_it_was(card: Lane) -> None:
    shown = page(card)
    for said in (
        "Works with 3 tools",
        "Asks its model",
        "Calls “Find an order”",
        "Proposes “Shop refund”",
        "Proposes “E-mail”",
    ):
        assert said in shown, said
    names = [shown.index(f'<span class="badge">work.{n}</span>') for n in range(1, 7)]
    assert names == sorted(names)
    assert shown.index('<span class="badge">work</span>') < names[0]


def test_each_part_is_one_closed_line_that_says_what_it_was_about(card: Lane) -> None:
    shown = page(card)
    assert shown.count('<details class="panel part">') == 6
    assert '<span class="part-brief">“Shop refund”, “E-mail”, “E-mail”</span>' in shown
    order = find().arguments["order"]
    assert f'<span class="part-brief">order {order}</span>' in shown
    assert "amount $48.20, customer Mia Kern" in shown


def test_no_part_is_offered_to_run_again_from(card: Lane) -> None:
    cancel_run(card.run().pk, actor=card.client.actor())
    shown = page(card)
    assert "<option>work</option>" in shown
    assert "<option>work." not in shown


def test_a_turn_shows_its_calls_and_only_what_is_new_in_its_prompt(card: Lane) -> None:
    shown = page(card)
    assert shown.count("You work for a business, with the tools you are given") == 1
    assert "&quot;name&quot;: &quot;orders.find&quot;" in shown
    assert "mia@kern.example" in shown


def test_a_refused_call_is_named_as_one(card: Lane) -> None:
    row = StepRun.objects.get(run=card.run(), name="work.2")
    row.output = {"tool": "orders.find", "args": {}, "refused": "Not today."}
    row.save()
    assert "May not call “Find an order”" in page(card)


def test_a_client_reads_no_technical_words_of_a_turn_that_failed(card: Lane) -> None:
    with ModelServer() as model, model.in_environment():
        says(model, Reply(400, "no such model: quux-9"))
        card.start()
    assert problems(card, card.client.actor()) == ["The model that writes is not set up right."]
    assert "quux-9" in problems(card, card.world.staff(card.client))[0]


def test_a_client_reads_no_technical_words_of_an_action_that_failed(card: Lane) -> None:
    card.shop.status, card.shop.body = 401, {"error": "bad key: quux-9"}
    card.decide()
    said = "One of the systems it uses did not accept the key it was given."
    assert problems(card, card.client.actor()) == [said]


def test_a_client_reads_no_technical_words_of_what_the_agent_went_on_from(card: Lane) -> None:
    """A read failed, a try failed, an answer did not fit: no exception, and the run goes on."""
    rows = StepRun.objects.filter(run=card.run())
    turn, call = rows.get(name="work.1"), rows.get(name="work.2")
    StepRun.objects.filter(pk=turn.pk).update(output={"text": "", "unfit": "quux-9: at line 3"})
    StepRun.objects.filter(pk=call.pk).update(
        output={"tool": "orders.find", "args": {}, "failed": "HTTP 500 quux-9"}
    )
    Call.objects.filter(step=call).update(problem="HTTP 500 quux-9", status="failed")
    assert "quux-9" not in page(card)
    assert "This did not work, and the agent was told so." in page(card)
    shown = told_to(trace(card.run(), "en_US"), card.world.staff(card.client))
    (step,) = [one for one in shown.steps if one.parts]
    assert [part.failure for part in step.parts[:2]] == ["quux-9: at line 3", "HTTP 500 quux-9"]
    assert step.parts[1].calls[0].problem == "HTTP 500 quux-9"


def problems(lane: Lane, reader: Actor) -> list[str]:
    return told_to(trace(lane.run(), "en_US"), reader).problems


def test_what_a_person_said_of_an_action_in_doubt_is_at_its_step(card: Lane) -> None:
    Tool.objects.filter(name="shop.refund").update(takes_key=False)
    card.shop.status = 500
    card.decide()
    card.resolve("did_not")
    (step,) = [one for one in trace(card.run(), "en_US").steps if one.reviews]
    assert step.name == "work"
    assert [one.item.kind for one in step.reviews] == ["proposal", "exception", "proposal"]

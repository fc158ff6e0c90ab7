"""The trace of an agent: its turns, its calls and its proposals."""

from collections.abc import Iterator

import pytest

from tests.lanes import Lane
from tests.portal.agents_kit import waiting_card
from tests.portal.visiting import text, visit

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
        "Calls orders.find",
        "Proposes shop.refund",
        "Proposes mail.send",
    ):
        assert said in shown, said
    names = [shown.index(f'<span class="badge">work.{n}</span>') for n in range(1, 7)]
    assert names == sorted(names)
    assert names[-1] < shown.index('<span class="badge">work</span>')


def test_a_turn_shows_its_calls_and_only_what_is_new_in_its_prompt(card: Lane) -> None:
    shown = page(card)
    assert shown.count("You work for a business, with the tools you are given") == 1
    assert "&quot;name&quot;: &quot;orders.find&quot;" in shown
    assert "mia@kern.example" in shown


def test_a_refused_call_is_named_as_one(card: Lane) -> None:
    from workflows.models import StepRun

    row = StepRun.objects.get(run=card.run(), name="work.2")
    row.output = {"tool": "orders.find", "args": {}, "refused": "Not today."}
    row.save()
    assert "May not call orders.find" in page(card)

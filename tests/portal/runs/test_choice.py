"""The lines of a choice: what was measured, who was passed over, what the next tier costs."""

from uuid import UUID

import pytest

from portal.runs.choice import choice_lines
from tenants.ids import uuid7
from tests.workflows.routing.routing_kit import QUICK, STRONG, TABLE, let_hold
from tests.world import make_world
from workflows.models import Call
from workflows.routing.choice import choose
from workflows.routing.levels import Consequence, Need, Sensitivity
from workflows.routing.selectors import routing_table
from workflows.routing.signals import Measures, SignalLimits, signals_of
from workflows.routing.table import CallCase

pytestmark = pytest.mark.django_db


@pytest.fixture
def call() -> Call:
    version = let_hold(TABLE, make_world().admin)
    signals = signals_of(Measures(5000, 2, sources=4), SignalLimits())
    case = CallCase(Need.WRITE, sensitivity=Sensitivity.INTERNAL)
    chosen = choose(routing_table(version.pk), case, signals=signals)
    given = {"tokens_in": 1_000_000, "tokens_out": 100_000, "status": "done"}
    return Call(tenant_id=uuid7(), kind="model", name=QUICK, choice=chosen.as_json(), **given)


def test_a_call_whose_model_was_named_has_none() -> None:
    assert choice_lines(Call(tenant_id=uuid7(), kind="model", name=QUICK)) is None


def test_signals_that_fired_and_that_did_not_are_said(call: Call) -> None:
    found = choice_lines(call)
    assert found is not None
    assert [(one.said, one.fired) for one in found.signals] == [
        ("tokens: about 5,000, hard from 3,000", True),
        ("fields to fill: 2, hard from 8", False),
        ("time it is written: 1, hard from 2", False),
        ("pieces found: 4, hard with 1 or less", False),
    ]
    assert (found.table, found.row, found.leads_to) == (1, 3, "a draft")


def test_the_next_tier_would_have_cost_its_own_price_for_the_same_tokens(call: Call) -> None:
    found = choice_lines(call)
    assert found is not None
    assert (found.next_tier, found.next_micros) == ("the strong model", 4_500_000)
    for call.tokens_in, call.cost_micros in ((0, 0), (5, None)):  # tokens that nobody counted
        found = choice_lines(call)
        assert found is not None
        assert found.next_micros is None


def test_a_limit_that_is_switched_off_is_no_limit(call: Call) -> None:
    call.choice["signals"] = [{"name": "tokens", "value": 5000, "limit": 0, "fired": False}]
    found = choice_lines(call)
    assert found is not None
    assert [one.said for one in found.signals] == ["tokens: about 5,000, not counted"]


def test_the_strongest_has_no_next_tier(call: Call) -> None:
    heavy = CallCase(Need.WRITE, consequence=Consequence.HEAVY)
    table = routing_table(UUID(call.choice["version"]))
    call.choice = choose(table, heavy).as_json()
    found = choice_lines(call)
    assert found is not None
    assert (table.row_for(heavy)[1].use, found.next_tier) == ([STRONG], "")

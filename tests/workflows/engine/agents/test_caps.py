"""Caps of an agent step, one by one."""

import pytest

from tenants.models import Tenant
from tests.fakes.model import ModelServer
from tests.lanes import Lane
from tests.workflows.engine.agent_kit import calling, find, says
from workflows.engine.agents.caps import Used, cap_reached, tightened
from workflows.steps.agent import Caps


@pytest.mark.parametrize(
    ("below", "at", "said"),
    [
        (Used(turns=9), Used(turns=10), "It asked its model 10 times"),
        (Used(tool_calls=30), Used(tool_calls=31), "It asked for 31 calls; it may ask for 30."),
        (Used(tokens=99_999), Used(tokens=100_000), "It took 100,000 tokens"),
        (Used(micros=999_999), Used(micros=1_000_000), "It cost $1.00; it may cost $1.00."),
        (Used(minutes=14.9), Used(minutes=15), "It took longer than 15 minutes."),
    ],
)
def test_each_cap_stops_it_once_it_is_reached(below: Used, at: Used, said: str) -> None:
    assert cap_reached(Caps(), below) == ""
    assert cap_reached(Caps(), at).startswith(said)


def test_one_is_said_as_one() -> None:
    assert "1 time," in cap_reached(Caps(turns=1), Used(turns=1))
    assert "1 minute." in cap_reached(Caps(minutes=1), Used(minutes=2))


def test_caps_are_only_ever_tightened() -> None:
    found = tightened(Caps(turns=5, dollars=2), {"turns": 9, "dollars": 0.5, "minutes": None})
    assert (found.turns, found.dollars, found.minutes) == (5, 0.5, 15)


def test_a_clients_own_caps_hold_for_every_agent(agent_lane: Lane, model: ModelServer) -> None:
    Tenant.objects.filter(pk=agent_lane.client.tenant.pk).update(agent_turns=1)
    says(model, calling(find()), "Done.")
    agent_lane.start()
    problem = agent_lane.exception().draft["problem"]
    assert "It asked its model 1 time, which is the most it may." in problem

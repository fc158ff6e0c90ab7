"""A try is made by a worker, once: what came of it, and what to do, stand on its row."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from tenants import clock
from tests.fakes.model import ModelServer, Reply
from tests.processes import wait_until
from tests.workflows.routing.routing_kit import QUICK, TABLE, let_hold, table_with
from tests.world import World, make_world
from workflows import gateway
from workflows.models import DeploymentTry
from workflows.routing.tries import runner
from workflows.routing.tries.runner import TryOutcome, begin_tries, columns_of
from workflows.routing.tries.services import request_try

pytestmark = pytest.mark.usefixtures("committed")
SCRIPTED = "openai/scripted"
GOOD = {"text": "I am here.", "ready": True}


@pytest.fixture
def world(committed: None) -> World:
    made = make_world()
    own = {"name": SCRIPTED, "title": "ours", "price_in": 1, "price_out": 2}
    let_hold(table_with(deployments=[*TABLE["deployments"], own]), made.admin)
    return made


def tried(world: World, name: str) -> DeploymentTry:
    """Ask for a try, let this process make it and wait for its end."""
    asked = request_try(name, by=world.admin)
    begin_tries()
    begin_tries()  # as another worker does, which must not ask again
    over: Callable[[], bool] = DeploymentTry.objects.filter(pk=asked.pk, ended_at=None).exists
    wait_until(lambda: not over(), seconds=20, what="the try is over")
    return DeploymentTry.objects.get(pk=asked.pk)


def test_an_answer_is_kept_with_its_model_tokens_and_cost(world: World) -> None:
    with ModelServer([GOOD]) as model, model.in_environment():
        made = tried(world, SCRIPTED)
        assert len(model.requests) == 1
        assert model.requests[0]["response_format"]["type"] == "json_schema"
    assert (made.problem, made.advice, made.misfit) == ("", "", "")
    assert (made.served, made.provider) == ("scripted", "openai")
    assert made.usage.uncached > 50
    assert made.cost_micros == made.tokens_in + 2 * made.tokens_out
    assert "I am here." in made.answer


def test_the_offline_model_fits_and_costs_nothing(world: World) -> None:
    made = tried(world, QUICK)
    assert (made.problem, made.misfit, made.provider) == ("", "", "offline")
    assert made.served == QUICK


@pytest.mark.parametrize(
    ("answer", "said"),
    [("Here I am!", "did not answer with JSON"), ({"text": "a"}, "'ready' is a required property")],
)
def test_an_answer_that_does_not_fit_is_said_to(
    world: World, answer: str | dict[str, str], said: str
) -> None:
    with ModelServer([answer]) as model, model.in_environment():
        made = tried(world, SCRIPTED)
    assert made.problem == ""
    assert said in made.misfit


@pytest.mark.parametrize(
    ("reply", "problem", "advice"),
    [
        (Reply(401, "bad key"), "The model answered 401: bad key", "OPENAI_API_KEY has a valid"),
        (Reply(404, "no model"), "no model", "Look whether the provider has a model of this name"),
        (Reply(429, "slow down"), "slow down", "limits of the account"),
        (Reply(503, "overloaded"), "overloaded", "whether OPENAI_BASE_URL has its address"),
        (Reply(500, "a\u0000b"), "b", "whether the server runs"),
        ("", "The model's answer is empty.", ""),
    ],
)
def test_a_failure_is_kept_with_what_to_do(
    world: World, reply: Reply | str, problem: str, advice: str
) -> None:
    with ModelServer([reply]) as model, model.in_environment():
        made = tried(world, SCRIPTED)
    assert problem in made.problem
    assert advice in made.advice
    assert not made.misfit


def test_a_server_inside_has_to_be_named_first(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    made = tried(world, SCRIPTED)
    assert "leads to an address inside" in made.problem
    assert "add 127.0.0.1:9 to HANDRAIL_ALLOWED_PRIVATE_HOSTS" in made.advice
    assert made.cost_micros == 0


def test_what_nobody_foresaw_ends_a_try_too() -> None:
    made = columns_of(QUICK, TryOutcome(5, error=ZeroDivisionError()))
    assert made["problem"] == runner.UNFORESEEN
    made = columns_of(QUICK, TryOutcome(5, error=TimeoutError()))
    assert made["problem"] == runner.SLOW
    made = columns_of(QUICK, TryOutcome(5, done=gateway.Completion("", QUICK, finish="length")))
    assert "cut at max_tokens" in made["problem"]
    assert made["cost_micros"] is None


def test_a_try_whose_worker_ended_is_over_and_not_asked_again(world: World) -> None:
    asked = request_try(QUICK, by=world.admin)
    DeploymentTry.objects.update(begun_at=clock.now())
    begin_tries()
    assert DeploymentTry.objects.get().ended_at is None
    with clock.at(clock.now() + runner.LOST_AFTER + timedelta(seconds=1)):
        begin_tries()
        lost = DeploymentTry.objects.get(pk=asked.pk)
        assert lost.problem == runner.LOST
        assert lost.cost_micros is None
        assert request_try(QUICK, by=world.admin).ended_at is None


def test_a_try_that_no_worker_took_is_not_made_later(world: World) -> None:
    request_try(QUICK, by=world.admin)
    with clock.at(clock.now() + runner.UNTAKEN_AFTER + timedelta(seconds=1)):
        begin_tries()
    made = DeploymentTry.objects.get()
    assert (made.problem, made.begun_at, made.cost_micros) == (runner.UNTAKEN, None, 0)

"""What a model fails at, the next of its row is asked, within what holds then."""

import pytest

from tenants import clock
from tenants.models import Tenant
from tests.fakes.model import ModelServer, Reply
from tests.lanes import Lane
from tests.workflows.engine.calls.routes_kit import VALUE, models_asked, with_fallbacks
from tests.workflows.routing.routing_kit import STRONG, let_hold
from workflows.engine.review.evidence import gather_evidence
from workflows.engine.state.context import Context, lock_context
from workflows.models import Call, Circuit


def test_what_a_model_fails_at_the_next_of_its_row_is_asked(
    routed_lane: Lane, chain: ModelServer
) -> None:
    chain.answers = [Reply(400, "no such model")]
    routed_lane.start()
    calls = list(Call.objects.filter(kind="model").order_by("id"))
    assert list(dict.fromkeys(call.name for call in calls)) == [
        "openai/first",
        "openai/second",
        STRONG,
    ]
    assert calls[-1].status == "done"
    assert calls[-1].choice["failed"] == ["openai/first", "openai/second"]
    assert calls[-1].choice["passed_over"] == [
        ["openai/first", "it failed at this"],
        ["openai/second", "it failed at this"],
    ]
    assert routed_lane.steps()["reply"] == "done"
    assert routed_lane.item().status == "waiting"
    assert routed_lane.verbs().count("step.fell_back") == 2


def test_what_the_last_of_a_row_fails_at_goes_on_as_the_definition_says(
    routed_lane: Lane, chain: ModelServer
) -> None:
    only = {"name": "openai/first", "title": "first", "sees": "personal"}
    let_hold({"deployments": [only], "rows": [{"use": ["openai/first"]}]}, routed_lane.world.admin)
    chain.answers = [Reply(400, "no such model")]
    routed_lane.start()
    assert {call.name for call in Call.objects.filter(kind="model")} == {"openai/first"}
    assert "The draft could not be written." in routed_lane.exception().draft["problem"]


def test_the_next_of_a_row_is_checked_before_it_is_asked(
    routed_lane: Lane, chain: ModelServer
) -> None:
    Tenant.objects.filter(pk=routed_lane.client.tenant.pk).update(
        model_names=["openai/first", STRONG]
    )
    chain.answers = [Reply(400, "no such model")]
    routed_lane.start()
    last = Call.objects.filter(kind="model").order_by("id").last()
    assert last is not None
    assert last.name == STRONG
    assert last.choice["passed_over"][1] == [
        "openai/second",
        "this client or workflow does not use it",
    ]


def test_the_next_of_a_row_is_not_asked_while_everything_is_stopped(
    routed_lane: Lane, chain: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody stops the client while the first model is being asked."""
    stopped = property(lambda context: bool(context.calls))
    monkeypatch.setattr(Context, "is_stopped", stopped)
    chain.answers = [Reply(400, "no such model")]
    routed_lane.start()
    assert [one["model"] for one in chain.requests] == ["first"]
    first, second = Call.objects.filter(kind="model").order_by("id")
    assert (first.status, second.status, second.name) == ("failed", "intended", "openai/second")
    monkeypatch.undo()
    routed_lane.pass_time(minutes=1)
    assert [one["model"] for one in chain.requests] == ["first", "second"]
    assert routed_lane.steps()["reply"] == "done"


def test_a_failed_call_that_may_have_cost_something_is_on_the_card(
    routed_lane: Lane, chain: ModelServer
) -> None:
    chain.answers = [Reply(400, "no such model")]
    routed_lane.start()
    Call.objects.filter(name="openai/first").update(cost_micros=None)
    Call.objects.filter(name=STRONG).update(cost_micros=7)
    context = lock_context(routed_lane.run().pk)
    assert context is not None
    found = gather_evidence(context, "reply")
    assert (found["cost_micros"], found["cost_unknown"]) == (7, 1)


def test_a_try_later_keeps_to_the_table_and_the_bounds_of_then(
    routed_lane: Lane, chain: ModelServer
) -> None:
    """The first is switched off, and the second forbidden, while the first is to be tried again."""
    chain.answers = [Reply(503, "overloaded")]
    only = {"name": "openai/first", "title": "first", "sees": "personal"}
    let_hold({"deployments": [only], "rows": [{"use": ["openai/first"]}]}, routed_lane.world.admin)
    routed_lane.start()
    names = ("openai/first", "openai/second", STRONG)
    deployments = [
        {"name": one, "title": one, "sees": "personal", "is_on": one != "openai/first"}
        for one in names
    ]
    let_hold({"deployments": deployments, "rows": [{"use": list(names)}]}, routed_lane.world.admin)
    Tenant.objects.filter(pk=routed_lane.client.tenant.pk).update(
        model_names=["openai/first", STRONG]
    )
    routed_lane.pass_time(hours=1)
    assert [one["model"] for one in chain.requests] == ["first"]
    failed = Call.objects.filter(name="openai/first").order_by("id").last()
    assert failed is not None
    assert failed.problem == "openai/first may not be asked: it is switched off."
    assert models_asked() == ["openai/first", STRONG]
    assert routed_lane.steps()["reply"] == "done"


def test_a_fallback_is_no_model_that_failed_at_it_and_none_that_the_client_forbids(
    routed_lane: Lane, chain: ModelServer
) -> None:
    only = {"name": "openai/first", "title": "first", "sees": "personal"}
    let_hold({"deployments": [only], "rows": [{"use": ["openai/first"]}]}, routed_lane.world.admin)
    Tenant.objects.filter(pk=routed_lane.client.tenant.pk).update(
        model_names=["openai/first", STRONG]
    )
    plans = ("{model: openai/first}", "{model: openai/second}", f"{{model: {STRONG}}}")
    routed_lane.use(with_fallbacks(*plans))
    chain.answers = [Reply(400, "no such model")]
    routed_lane.start()
    assert models_asked() == ["openai/first", STRONG]
    assert len(chain.requests) == 1


def test_where_the_next_one_rests_the_definitions_fallback_answers_at_once(
    routed_lane: Lane, chain: ModelServer
) -> None:
    deployments = [
        {"name": one, "title": one, "sees": "personal"} for one in ("openai/first", "openai/second")
    ]
    rows = [{"use": ["openai/first", "openai/second"]}]
    let_hold({"deployments": deployments, "rows": rows}, routed_lane.world.admin)
    now = clock.now()
    Circuit.objects.create(
        kind="model", name="openai/second", failures=9, failed_at=now, opens=6, opened_at=now
    )
    routed_lane.use(with_fallbacks(VALUE))
    chain.answers = [Reply(400, "no such model")]
    routed_lane.start()
    assert routed_lane.steps()["reply"] == "done"
    assert routed_lane.item().evidence["model"] == ""  # no model wrote the fallback's value


def test_what_models_failed_at_is_not_harder_when_it_is_sent_back(
    routed_lane: Lane, chain: ModelServer
) -> None:
    chain.answers = [Reply(400, "no such model")]
    routed_lane.start()
    routed_lane.decide("again", reason="tone", words="Warmer, please.")
    last = Call.objects.filter(kind="model").order_by("id").last()
    assert last is not None
    (attempts,) = [one for one in last.choice["signals"] if one["name"] == "attempts"]
    assert attempts["value"] == 2

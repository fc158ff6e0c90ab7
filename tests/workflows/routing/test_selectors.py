"""Which table holds, what a call's price is by it, and which past calls a table is tried on."""

from datetime import timedelta

import pytest

from audit import outbox
from tenants import clock
from tenants.ids import first_id
from tenants.models import Provider
from tenants.scope import person_scope, tenant_scope
from tests.workflows.routing.routing_kit import STRONG, TABLE, let_hold, table_with
from tests.world import REQUEST, Client, World, make_world
from workflows.models import Call
from workflows.routing.selectors import PAST, own_price, past_calls, table_of
from workflows.services.runs import start_run

pytestmark = pytest.mark.usefixtures("committed")


@pytest.fixture
def world(committed: None) -> World:
    return make_world()


def ask(client: Client) -> Call:
    """A run as far as its review; the call it made."""
    with tenant_scope(client.tenant.pk):
        start_run(client.workflow, input=REQUEST, trigger="api", actor=client.actor())
        outbox.drain()
        call = Call.objects.filter(kind="model").last()
    assert call is not None
    return call


def test_without_a_table_none_holds_and_none_has_a_price(world: World) -> None:
    provider = Provider.objects.get()
    assert table_of(provider) is None
    assert table_of(None) is None
    assert own_price(provider, STRONG, None) is None


def test_a_deployments_own_price_is_used_and_the_listed_one_left_alone(world: World) -> None:
    listed = {"name": "openai/gpt-4o", "title": "listed"}
    let_hold(table_with(deployments=[*TABLE["deployments"], listed]), world.admin)
    provider = Provider.objects.get()
    assert own_price(provider, STRONG, None) is not None
    assert own_price(provider, "openai/gpt-4o", None) is None
    assert own_price(provider, "openai/unknown", None) is None


def test_a_routed_call_has_the_price_of_the_table_that_chose_it(world: World) -> None:
    let_hold(TABLE, world.admin)
    call = ask(world.harbor)
    dearer = [{**one, "price_in": "9", "price_out": "9"} for one in TABLE["deployments"]]
    let_hold(table_with(deployments=dearer), world.admin)
    price = own_price(Provider.objects.get(), call.name, call.choice)
    assert price is not None
    assert price.ceiling_micros(1_000_000, 0) == 3_000_000


def test_past_calls_are_those_of_the_persons_clients_in_a_week(world: World) -> None:
    ask(world.harbor)  # not routed: there is no table yet
    let_hold(TABLE, world.admin)
    call = ask(world.harbor)
    with person_scope(world.operator.pk):
        (found,) = past_calls()
    assert (found.name, found.usage, found.cost) == (STRONG, call.usage, call.cost_micros)
    assert found.case.consequence == "heavy"
    assert (found.measures.attempt, found.bounds, found.failed) == (1, (), ())
    nobody = world.sable.owner
    with person_scope(nobody.pk):
        assert past_calls() == []
    with tenant_scope(world.harbor.tenant.pk):
        old = first_id(clock.now() - PAST - timedelta(days=1))
        Call.objects.filter(pk=call.pk).update(id=old)
    with person_scope(world.operator.pk):
        assert past_calls() == []


def test_a_call_that_a_stronger_model_was_asked_for_is_no_past_call(world: World) -> None:
    let_hold(TABLE, world.admin)
    call = ask(world.harbor)
    with person_scope(world.operator.pk):
        assert len(past_calls()) == 1
    with tenant_scope(world.harbor.tenant.pk):
        Call.objects.filter(pk=call.pk).update(choice={**call.choice, "escalated": "schema"})
    with person_scope(world.operator.pk):
        assert past_calls() == []

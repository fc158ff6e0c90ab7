"""Tries cost money: admins alone ask for them, one at a time for a deployment, few an hour."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from tenants import clock
from tenants.errors import Conflict, Forbidden, Invalid
from tests.workflows.routing.routing_kit import QUICK, STRONG, TABLE, let_hold
from tests.world import World, make_world
from workflows.models import DeploymentTry
from workflows.routing.tries.selectors import last_tries, last_try
from workflows.routing.tries.services import MOST_AN_HOUR, request_try

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    made = make_world()
    let_hold(TABLE, made.admin)
    return made


def end_all() -> None:
    DeploymentTry.objects.filter(ended_at=None).update(ended_at=clock.now())


def test_admins_alone_ask_for_one(world: World) -> None:
    for person in (world.operator, world.reviewer, world.harbor.owner):
        with pytest.raises(Forbidden):
            request_try(QUICK, by=person)
    assert not DeploymentTry.objects.exists()


@pytest.mark.parametrize("name", ["", "no/such", "a\x00b", "x" * 100_000, "🙂", "offline/quick "])
def test_what_is_not_in_the_table_is_not_tried(world: World, name: str) -> None:
    with pytest.raises(Invalid, match="There is no deployment called") as refused:
        request_try(name, by=world.admin)
    assert len(refused.value.message) < 200


def test_there_is_one_at_a_time_for_a_deployment(world: World) -> None:
    made = request_try(QUICK, by=world.admin)
    with pytest.raises(Conflict, match="being tried already"):
        request_try(QUICK, by=world.admin)
    with pytest.raises(IntegrityError), transaction.atomic():
        DeploymentTry.objects.create(name=QUICK, asked_by=world.admin)
    assert request_try(STRONG, by=world.admin).pk != made.pk
    end_all()
    again = request_try(QUICK, by=world.admin)
    assert last_try(QUICK) == again
    assert last_tries([QUICK, "no/such"]) == {QUICK: again}
    assert last_try("no/such") is None


def test_there_are_so_many_an_hour(world: World) -> None:
    for _ in range(MOST_AN_HOUR):
        request_try(QUICK, by=world.admin)
        end_all()
    with pytest.raises(Conflict, match="20 tries were made within an hour"):
        request_try(STRONG, by=world.admin)
    with clock.at(clock.now() + timedelta(minutes=61)):
        assert last_try(QUICK) is not None
        request_try(STRONG, by=world.admin)

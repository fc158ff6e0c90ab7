"""A client's row says whether everything is stopped, and what the database lets it be."""

from datetime import time

import pytest
from django.db import IntegrityError, transaction

from tenants import clock
from tenants.models import Provider, Tenant
from tests.world import make_world


def test_a_client_is_stopped_from_the_moment_its_switch_is_on() -> None:
    assert not Tenant().is_stopped
    assert Tenant(stopped_at=clock.now()).is_stopped


def test_a_working_week_is_read_in_the_clients_time_zone() -> None:
    hours = {"days": [5], "opens": "08:30", "closes": "12:00"}
    week = Tenant(working_hours=hours, timezone="Europe/Berlin").week
    assert (week.days, week.opens, week.closes) == ((5,), time(8, 30), time(12, 0))
    assert str(week.zone) == "Europe/Berlin"


@pytest.mark.django_db
def test_the_database_keeps_one_provider() -> None:
    with pytest.raises(IntegrityError, match="one_provider"), transaction.atomic():
        Provider.objects.create(id=2, name="Another")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"second_looks": 21}, "few_second_looks"),
        ({"planting_agreed_at": clock.now()}, "agreed_means_who_and_when"),
    ],
)
def test_the_database_keeps_what_belongs_together(
    changes: dict[str, object], constraint: str
) -> None:
    tenant = make_world().harbor.tenant
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Tenant.objects.filter(pk=tenant.pk).update(**changes)

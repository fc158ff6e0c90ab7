"""A client is made, changed and stopped by those who may."""

from typing import Any

import pytest

from audit.models import Event
from tenants.errors import Conflict, Forbidden, Invalid
from tenants.services.tenants import (
    change_tenant,
    resume_everything,
    set_take_back,
    set_working_hours,
    stop_everything,
)
from tests.lanes import Lane
from tests.policy_kit import second_owner


def test_the_provider_cant_release_the_clients_stop(lane: Lane) -> None:
    stop_everything(actor=lane.client.actor(), reason="Strange mails.")
    for staff in (lane.world.admin, lane.world.operator):
        with pytest.raises(Forbidden, match="Owner Harbor & Pine halted everything"):
            resume_everything(actor=lane.world.staff(lane.client, staff))
    assert lane.tenant().is_stopped
    resume_everything(actor=second_owner(lane))
    released = Event.objects.get(verb="tenant.resumed")
    assert released.before == {"stopped_by": "Owner Harbor & Pine"}


def test_a_stop_of_the_clients_over_the_providers_is_the_clients(lane: Lane) -> None:
    staff = lane.world.staff(lane.client)
    stop_everything(actor=staff)
    with pytest.raises(Conflict, match=f"already, by {staff.label}"):
        stop_everything(actor=lane.world.staff(lane.client, lane.world.admin))
    stop_everything(actor=lane.client.actor())
    with pytest.raises(Forbidden):
        resume_everything(actor=staff)
    with pytest.raises(Conflict, match="by Owner"):
        stop_everything(actor=staff)
    resume_everything(actor=lane.client.actor())
    stop_everything(actor=staff)
    resume_everything(actor=staff)
    assert not lane.tenant().is_stopped


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"timezone": "Berlin"}, "bad_timezone"),
        ({"currency": "usd"}, "currency"),
        ({"locale": "nowhere"}, "locale"),
        ({"at_once": 0}, "bad_at_once"),
        ({"at_once": 10_001}, "bad_at_once"),
        ({"share": 0}, "bad_share"),
        ({"share": 101}, "bad_share"),
        ({"allowed_hosts": "shop.example"}, "bad_host"),
        ({"allowed_hosts": ["shop.example/path"]}, "bad_host"),
        ({"allowed_hosts": ["https://shop.example"]}, "bad_host"),
        ({"allowed_hosts": [5]}, "bad_host"),
        ({"name": ""}, "invalid"),
        ({"slug": "other"}, "invalid"),
        ({"stopped_at": None}, "invalid"),
    ],
)
def test_a_change_that_makes_no_sense_is_refused(
    lane: Lane, changes: dict[str, Any], code: str
) -> None:
    with pytest.raises(Invalid) as refused:
        change_tenant(lane.client.tenant, actor=lane.world.staff(lane.client), **changes)
    assert refused.value.code == code
    assert not Event.objects.filter(verb="tenant.changed").exists()


def test_what_was_changed_is_on_the_record_and_what_was_not_is_no_event(lane: Lane) -> None:
    actor, tenant = lane.world.staff(lane.client), lane.client.tenant
    changed = change_tenant(tenant, actor=actor, name="Harbor", share=1, at_once=10_000)
    assert (changed.name, changed.share, changed.at_once) == ("Harbor", 1, 10_000)
    event = Event.objects.get(verb="tenant.changed")
    assert event.before == {"name": "Harbor & Pine", "at_once": None}
    assert event.after == {"name": "Harbor", "at_once": 10_000}
    change_tenant(changed, actor=actor, name="Harbor")
    assert Event.objects.filter(verb="tenant.changed").count() == 1


def test_only_those_who_configure_change_a_client_and_only_this_one(lane: Lane) -> None:
    with pytest.raises(Forbidden):
        change_tenant(lane.client.tenant, actor=lane.client.actor(), name="Mine")
    with pytest.raises(Invalid, match="A client's id"):
        change_tenant(lane.world.quill.tenant, actor=lane.world.staff(lane.client), name="Another")


def test_the_owner_sets_how_long_a_decision_can_be_taken_back(lane: Lane) -> None:
    owner, tenant = lane.client.actor(), lane.tenant()
    for seconds in (-1, 61):
        with pytest.raises(Invalid) as refused:
            set_take_back(tenant, seconds, actor=owner)
        assert refused.value.code == "bad_seconds"
    with pytest.raises(Forbidden):
        set_take_back(tenant, 5, actor=lane.world.staff(lane.client))
    set_take_back(tenant, 60, actor=owner)
    set_take_back(tenant, 60, actor=owner)
    assert lane.tenant().take_back_seconds == 60
    event = Event.objects.get(verb="tenant.changed")
    assert (event.before, event.after) == ({"take_back_seconds": 0}, {"take_back_seconds": 60})


def test_the_owner_sets_the_working_hours(lane: Lane) -> None:
    saturdays = {"days": [5], "opens": "08:30", "closes": "12:00"}
    with pytest.raises(Forbidden):
        set_working_hours(lane.tenant(), saturdays, actor=lane.world.staff(lane.client))
    set_working_hours(lane.tenant(), saturdays, actor=lane.client.actor())
    assert lane.tenant().week.sentence() == "Saturday, 08:30 to 12:00"
    event = Event.objects.get(verb="tenant.changed")
    assert event.after == {"working_hours": "Saturday, 08:30 to 12:00"}
    set_working_hours(lane.tenant(), saturdays, actor=lane.client.actor())
    assert Event.objects.filter(verb="tenant.changed").count() == 1


def test_a_stop_is_released_once(lane: Lane) -> None:
    owner = lane.client.actor()
    with pytest.raises(Conflict, match="Nothing is stopped"):
        resume_everything(actor=owner)
    with pytest.raises(Forbidden):
        stop_everything(actor=lane.client.actor(lane.client.approver))
    stop_everything(actor=owner)
    resume_everything(actor=owner)
    assert not lane.tenant().is_stopped

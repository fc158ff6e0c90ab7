"""An event is recorded inside the act's own transaction, with a verb of the list."""

from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from audit.models import Event
from audit.request_context import request_id
from audit.selectors import events
from audit.services import event_row, record
from audit.services.record import record_about
from audit.verbs import Verb
from tenants.actors import SYSTEM
from tenants.errors import ScopeMissing
from tenants.ids import uuid7
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tenants.services.tenants import stop_everything
from tests.world import make_world


@pytest.mark.django_db
def test_a_verb_outside_the_list_is_refused_by_the_database() -> None:
    client = make_world().harbor
    with tenant_scope(client.tenant.pk):
        for verb in ("item.approved", "", "ITEM.ACCEPTED", "item.accepted "):
            with pytest.raises(IntegrityError, match="event_verb_is_known"), transaction.atomic():
                record_about(
                    verb,  # type: ignore[arg-type]
                    kind="run",
                    object_id=uuid7(),
                    label="x",
                    actor=SYSTEM,
                )
        for known in Verb:
            record_about(known, kind="run", object_id=uuid7(), label="x", actor=SYSTEM)


@pytest.mark.django_db
def test_an_event_says_who_did_what_to_which_and_why() -> None:
    client = make_world().harbor
    token = request_id.set("req-12345678")
    try:
        with tenant_scope(client.tenant.pk):
            stop_everything(actor=client.actor(), reason="The till is on fire.")
            event = events().first()
    finally:
        request_id.reset(token)
    assert event is not None
    assert event.verb == "tenant.stopped"
    assert (event.actor_kind, event.actor_id) == ("person", client.owner.pk)
    assert event.actor_label == "Owner Harbor & Pine"
    assert (event.object_kind, event.object_id) == ("tenant", client.tenant.pk)
    assert event.reason == "The till is on fire."
    assert event.request_id == "req-12345678"


def test_outside_a_transaction_nothing_is_recorded(committed: None) -> None:
    tenant = make_world().harbor.tenant
    with pytest.raises(RuntimeError, match="transaction"):
        record(Verb.TENANT_CHANGED, tenant, actor=SYSTEM)
    with pytest.raises((ScopeMissing, DatabaseError)), transaction.atomic():
        record(Verb.TENANT_CHANGED, tenant, actor=SYSTEM)


def test_an_act_that_is_rolled_back_leaves_no_event(committed: None) -> None:
    client = make_world().harbor
    with pytest.raises(ValueError, match="broke"), tenant_scope(client.tenant.pk):
        _stop_and_break(client.actor())
    with tenant_scope(client.tenant.pk):
        assert not Event.objects.filter(verb="tenant.stopped").exists()
    assert not Tenant.objects.get(pk=client.tenant.pk).is_stopped
    with tenant_scope(client.tenant.pk):
        stop_everything(actor=client.actor())
    with tenant_scope(client.tenant.pk):
        assert Event.objects.filter(verb="tenant.stopped").count() == 1


def _stop_and_break(actor: Any) -> None:
    stop_everything(actor=actor)
    raise ValueError("broke")


@pytest.mark.django_db
def test_an_event_that_goes_along_with_another_row_is_like_one_that_is_recorded() -> None:
    client = make_world().harbor
    about: dict[str, Any] = {"actor": client.actor(), "after": {"a": 1}, "reason": "Because."}
    with tenant_scope(client.tenant.pk):
        model, values = event_row(Verb.TENANT_STOPPED, client.tenant, **about)
        record(Verb.TENANT_STOPPED, client.tenant, **about)
        recorded = events().first()
    assert model is Event
    assert values.keys() == {f.attname for f in Event._meta.concrete_fields} - {"transaction_id"}
    for name in values.keys() - {"id", "at"}:
        assert values[name] == getattr(recorded, name), name

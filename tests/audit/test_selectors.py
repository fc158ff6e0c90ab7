"""Events are read in the order they happened."""

import pytest

from audit.selectors import events, events_of
from audit.services.record import record_about
from audit.verbs import Verb
from tenants.actors import SYSTEM
from tenants.ids import uuid7
from tenants.scope import tenant_scope
from tests.world import make_world


@pytest.mark.django_db
def test_events_of_an_object_are_in_the_order_they_happened() -> None:
    client = make_world().harbor
    with tenant_scope(client.tenant.pk):
        one, two = uuid7(), uuid7()
        for n in range(20):
            for object_id in (one, two):
                record_about(
                    Verb.RUN_STARTED,
                    kind="run",
                    object_id=object_id,
                    label="run",
                    actor=SYSTEM,
                    reason=str(n),
                )
        assert [e.reason for e in events_of(one)] == [str(n) for n in range(20)]
        assert len(events_of(one, two)) == 40
        assert [e.reason for e in events()[:2]] == ["19", "19"]

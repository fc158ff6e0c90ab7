"""Checking the seals on the page, over real commits."""

import psycopg
import pytest

from audit.models import Seal
from audit.services.seals import seal
from tenants.scope import tenant_scope
from tenants.services.tenants import resume_everything, stop_everything
from tests.portal.visiting import text, visit
from tests.processes import wait_until
from tests.world import Client, make_world


@pytest.mark.usefixtures("committed")
def test_checking_the_seals_finds_the_first_broken_one(
    super_connection: psycopg.Connection,
) -> None:
    harbor = make_world().harbor
    owner = visit(harbor.owner, harbor)
    for n in range(2):
        with tenant_scope(harbor.tenant.pk):
            stop_everything(actor=harbor.actor(), reason=f"round {n}")
            resume_everything(actor=harbor.actor())
        # A seal waits for every transaction of the server, those of other tests too.
        wait_until(lambda: _sealed(harbor), seconds=20, what="a seal was made")
    with tenant_scope(harbor.tenant.pk):
        prints = list(Seal.objects.order_by("number").values_list("sha256", flat=True))
    assert len(prints) == 2
    whole = text(owner.post("record/seals/check/"))
    assert "Every seal matches" in whole
    assert all(fingerprint in whole for fingerprint in prints)
    super_connection.execute("ALTER TABLE audit_event DISABLE TRIGGER ALL")
    super_connection.execute("UPDATE audit_event SET reason = 'round 9' WHERE reason = 'round 1'")
    super_connection.execute("ALTER TABLE audit_event ENABLE TRIGGER ALL")
    broken = text(owner.post("record/seals/check/"))
    assert "Seal 2 no longer matches its lines." in broken
    assert "Every seal matches" not in broken


def _sealed(client: Client) -> bool:
    with tenant_scope(client.tenant.pk):
        return seal() is not None

"""A source's freshness counts from verification, never from use."""

from datetime import timedelta

from audit.models import Event
from tenants import clock
from tenants.models import Source
from tenants.scope import current_tenant_id
from tenants.sources import search
from tenants.sources.services import verify
from tests.world import Client


def policy() -> Source:
    return Source.objects.get(name="returns-policy")


def test_freshness_counts_from_verification_never_from_use(client: Client) -> None:
    """Case L2."""
    assert not policy().is_stale
    clock.pass_time(timedelta(days=90) - timedelta(seconds=1))
    search.search_passages("refund", [policy().revision_id], tenant_id=current_tenant_id())  # type: ignore[list-item]
    assert not policy().is_stale
    clock.pass_time(timedelta(seconds=1))
    assert policy().is_stale
    assert policy().days_stale == 0
    clock.pass_time(timedelta(days=3))
    assert policy().days_stale == 3
    verify(policy().pk, actor=client.actor())
    assert not policy().is_stale
    assert Event.objects.latest("id").verb == "source.verified"

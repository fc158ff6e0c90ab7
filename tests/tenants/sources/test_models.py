"""A source's freshness counts from verification, never from use."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from audit.models import Event
from tenants import clock
from tenants.errors import Invalid
from tenants.models import Source
from tenants.scope import current_tenant_id
from tenants.sources import search
from tenants.sources.services import SourceDetails, verify
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


def test_a_source_is_used_only_while_it_is_valid_and_no_secret(client: Client) -> None:
    now = clock.now()
    begins, ends = now + timedelta(days=2), now + timedelta(days=4)
    Source.objects.filter(name="returns-policy").update(valid_from=begins, valid_until=ends)
    assert policy().unused_because == "It is not valid yet"
    with clock.at(begins):
        assert policy().unused_because == ""
    with clock.at(ends):
        assert policy().unused_because == "It is not valid any more"
        assert not policy().may_be_confirmed(ends)
    Source.objects.filter(name="returns-policy").update(valid_from=None, sensitivity="secret")
    assert policy().unused_because == "It is marked as secret"


def test_a_source_can_not_end_before_it_begins(client: Client) -> None:
    now = clock.now()
    with pytest.raises(IntegrityError), transaction.atomic():
        Source.objects.filter(name="orders").update(valid_from=now, valid_until=now)
    with pytest.raises(Invalid, match="end before it begins"):
        SourceDetails(valid_from=now, valid_until=now).columns()

"""Which items may be copied with a mistake, how often, and with which."""

from datetime import timedelta

import pytest

from approvals.models import Planted, ReviewItem
from approvals.policies.services import add_policy
from approvals.rules.policy_sentences import Names
from approvals.rules.policy_terms import Group, PolicyTerms
from audit import outbox
from tenants import clock
from tenants.errors import Refused
from tenants.ids import uuid7
from tests.approvals.planting_kit import agree, answer, done, planted, put
from tests.lanes import Lane

pytestmark = pytest.mark.django_db


def test_nothing_is_planted_where_the_owner_has_not_agreed(lane: Lane) -> None:
    with pytest.raises(Refused, match="has not agreed"):
        put(lane, done(lane))
    assert not ReviewItem.objects.shown().filter(planted=True).exists()


def test_nothing_is_planted_from_what_waits_or_from_a_run_under_way(lane: Lane) -> None:
    agree(lane)
    lane.start()
    with pytest.raises(Refused, match="not over yet"):
        put(lane, lane.item())
    waiting = lane.item()
    lane.say()
    with pytest.raises(Refused, match="not over yet"):
        put(lane, waiting)


def test_one_waits_at_a_time_and_two_a_week_are_the_most(lane: Lane) -> None:
    item = planted(lane)
    source = ReviewItem.objects.get()
    with pytest.raises(Refused, match="waits already"):
        put(lane, source)
    answer(lane, item, "reject", reason="wrong_facts")
    second = ReviewItem.objects.shown().get(pk=put(lane, source).item_id)
    answer(lane, second, "reject", reason="wrong_facts")
    with pytest.raises(Refused, match="2 in a week"):
        put(lane, source)
    with clock.at(clock.now() + timedelta(days=7, minutes=1)):
        put(lane, source)


def test_where_a_policy_decides_none_is_planted_and_one_that_waits_is_closed(lane: Lane) -> None:
    item = planted(lane)
    terms = PolicyTerms(uuid7(), 1, (Group(("owner",)),), kind="refund", currency="USD")
    add_policy(terms, Names(), actor=lane.client.actor())
    outbox.drain()
    item.refresh_from_db()
    assert (item.status, Planted.objects.get().outcome) == ("cancelled", "closed")
    with pytest.raises(Refused, match="policy"):
        put(lane, ReviewItem.objects.get())


def test_what_the_workflow_would_never_ask_for_is_not_planted(lane: Lane) -> None:
    agree(lane)
    source = done(lane)
    with pytest.raises(Refused, match="would never ask for that"):
        put(lane, source, {0: {"amount": {"value": 20_001, "currency": "USD"}}})
    terms = PolicyTerms(uuid7(), 1, (Group(("owner",)),), over=10_000, currency="USD")
    add_policy(terms, Names(), actor=lane.client.actor())
    with pytest.raises(Refused, match="policy decides"):
        put(lane, source, {0: {"amount": {"value": 10_001, "currency": "USD"}}})
    assert not Planted.objects.exists()

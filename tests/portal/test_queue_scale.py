"""The review pages don't slow down item by item: a fixed number of queries, a bounded page."""

import re
from collections.abc import Iterator
from copy import copy
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from approvals.models import Proposal, ReviewItem
from portal.queue import PAGE
from tenants.ids import uuid7
from tests.lanes import Lane, open_lane
from tests.portal.visiting import Visitor, visit

pytestmark = pytest.mark.django_db


@pytest.fixture
def lane() -> Iterator[Lane]:
    with open_lane() as lane:
        lane.start()
        yield lane


def _copy(first: ReviewItem, count: int) -> None:
    """Let that many more items of its run wait, due after it a minute apart."""
    actions = list(first.proposals.all())
    before = ReviewItem.objects.count()
    for number in range(before, before + count):
        item = copy(first)
        item.pk, item.attempt = uuid7(), number + 1
        item.due_at = first.due_at + timedelta(minutes=number)
        ReviewItem.objects.bulk_create([item])
        made = []
        for action in actions:
            proposal = copy(action)
            proposal.pk, proposal.item = uuid7(), item
            made.append(proposal)
        Proposal.objects.bulk_create(made)


def _queries(visitor: Visitor, path: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert visitor.get(path).status_code == 200
    return len(captured)


def _shown(page: str) -> list[str]:
    """Ids of the items that a page's list links to, each once, in order."""
    listed = page.partition('<div id="item"')[0]
    return list(dict.fromkeys(re.findall(r"/review/([0-9a-f-]{36})/", listed)))


@pytest.mark.parametrize("who", ["owner", "approver"])
@pytest.mark.parametrize("which", ["queue", "item"])
def test_a_page_asks_as_much_for_forty_items_as_for_two(lane: Lane, who: str, which: str) -> None:
    first = lane.item()
    visitor = visit(getattr(lane.client, who), lane.client)
    path = "review/" if which == "queue" else f"review/{first.pk}/"
    _copy(first, 1)
    few = _queries(visitor, path)
    _copy(first, 38)
    assert ReviewItem.objects.filter(status="waiting").count() == 40
    assert _queries(visitor, path) == few


def test_the_queue_comes_in_pages_that_show_every_item_once(lane: Lane) -> None:
    _copy(lane.item(), 69)
    visitor = visit(lane.client.owner, lane.client)
    seen: list[str] = []
    after, pages = "", 0
    while pages < 5:
        body = visitor.get("review/", **({"after": after} if after else {})).content.decode()
        shown = _shown(body)
        assert len(shown) <= PAGE
        seen += shown
        pages += 1
        found = re.search(r'[?&]after=([^"&]+)"[^>]*>Later ones', body)
        if found is None:
            break
        after = found[1]
    waiting = ReviewItem.objects.filter(status="waiting").order_by("due_at", "id")
    assert seen == [str(pk) for pk in waiting.values_list("pk", flat=True)]
    assert pages == 3

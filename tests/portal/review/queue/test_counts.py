"""The review pages don't slow down item by item: a fixed number of queries, a bounded page."""

import re
from collections.abc import Iterator
from copy import copy
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from approvals.models import Proposal, ReviewItem
from portal.review.queue.listing import PAGE
from portal.review.queue.saved_filters import save_filter
from tenants.ids import uuid7
from tests.lanes import Lane, open_lane
from tests.portal.visiting import Visitor, text, visit
from tests.variants import LONG

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


def _asked(visitor: Visitor, path: str) -> list[str]:
    """The statements of a page; those of the test's own transaction left out."""
    with CaptureQueriesContext(connection) as captured:
        assert visitor.get(path).status_code == 200
    said = [query["sql"] for query in captured]
    return [sql for sql in said if not sql.startswith(("SAVEPOINT", "RELEASE"))]


def _queries(visitor: Visitor, path: str) -> int:
    return len(_asked(visitor, path))


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


# -- Every list of the queue ----------------------------------------------------------------

SCOPES = ("", "who=team", "who=everyone")
GROUPS = ("", "group=customer", "group=workflow", "group=deadline")
FILTERS = ("", "kind=drafts", "workflow=refund-replies", "due=today")
# Once in and once out of the tenant, which is no question about the page.
SCOPE_SET = 2
MOST_QUERIES = 15


def _lists() -> Iterator[str]:
    for scope in SCOPES:
        for group in GROUPS:
            for narrowed in FILTERS:
                yield "&".join(filter(None, (scope, group, narrowed)))


def _saves_some(lane: Lane) -> None:
    """Each person has filters of every scope."""
    for who in ("owner", "approver"):
        actor = lane.client.actor(getattr(lane.client, who))
        for n, scope in enumerate(("mine", "team", "everyone")):
            given = {"who": scope, "due": "today", "workflow": "refund-replies"}
            save_filter(name=f"Filter {n}", state=given, actor=actor)


# The approver's queue has each of its parts; the long version asks for the others' too.
EVERYBODY = ("owner", "approver", "viewer")
WHO = EVERYBODY if LONG else ("approver",)


@pytest.mark.parametrize("who", WHO)
def test_no_list_asks_more_than_fifteen_times_however_long_it_is(lane: Lane, who: str) -> None:
    first = lane.item()
    _saves_some(lane)
    visitor = visit(getattr(lane.client, who), lane.client)
    paths = [f"review/?{query}" for query in _lists()]
    paths += [f"review/{first.pk}/?{SCOPES[1]}&{GROUPS[1]}&{FILTERS[2]}", "exceptions/?who=team"]
    _copy(first, 1)
    few = {path: _queries(visitor, path) for path in paths}
    _copy(first, 38)
    assert {path: _queries(visitor, path) for path in paths} == few
    assert max(few.values()) - SCOPE_SET <= MOST_QUERIES, few


INDEX = {"": "queue", "group=customer": "queue_by_customer", "group=workflow": "queue_by_workflow"}


def _plan(sql: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {sql}")
        return "\n".join(row[0] for row in cursor.fetchall())


@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize("is_later", [False, True])
def test_a_list_is_read_from_an_index_in_its_order(lane: Lane, group: str, is_later: bool) -> None:
    """Nothing is sorted: what a page reads doesn't grow with what waits."""
    _copy(lane.item(), 69)
    with connection.cursor() as cursor:
        # So few rows are not worth an index otherwise. A sort that is needed still shows.
        for way in ("seqscan", "bitmapscan", "sort"):
            cursor.execute(f"SET LOCAL enable_{way} = off")
    visitor = visit(lane.client.owner, lane.client)
    for scope in SCOPES:
        query = "&".join(filter(None, (scope, group)))
        if is_later:
            body = text(visitor.get(f"review/?{query}"))
            found = re.search(r'href="[^"?]*\?([^"]*)">Later ones', body)
            assert found is not None
            query = found[1].replace("&amp;", "&")
        (listed,) = (
            sql
            for sql in _asked(visitor, f"review/?{query}")
            if sql.startswith("SELECT") and f"LIMIT {PAGE + 1}" in sql
        )
        plan = _plan(listed)
        index = INDEX.get(group, "queue")
        # Straight from the index: between it and the limit there is no sort.
        wall = r"(?:\n +->  Result .*\n +One-Time Filter: .*)?"
        scan = rf"\n +->  Index Only Scan using {index} on .*\n +Index Cond: (.*)"
        read = rf"Limit .*{wall}{scan}"
        (condition,) = re.findall(read, plan) or [plan]
        assert condition != plan, plan
        if is_later and group in INDEX:
            key = {"": "due_at", "group=customer": "asked_by", "group=workflow": "workflow_id"}
            assert f"{key[group]}" in condition
            assert ">=" in condition, plan

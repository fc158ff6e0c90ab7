"""Undoing from the page of what was carried out."""

import re
from collections.abc import Iterator
from datetime import timedelta
from html import unescape

import pytest

from approvals.models import ReviewItem
from audit import outbox
from tenants import clock
from tests.lanes import Lane, open_lane
from tests.portal.review_kit import Visitor, inside, text
from tests.undo_kit import make_undoable, paths


@pytest.fixture
def lane(db: None) -> Iterator[Lane]:
    with open_lane() as opened:
        yield make_undoable(opened)


@pytest.fixture
def item(lane: Lane) -> ReviewItem:
    return ReviewItem.objects.get(kind="proposal")


def words(visitor: Visitor, item: ReviewItem) -> str:
    """What the page says, without its markup."""
    shown = re.sub(r"<[^>]+>", " ", text(visitor.get(f"/review/{item.pk}/")))
    return re.sub(r"\s+", " ", unescape(shown))


def test_the_page_says_what_an_undo_does_until_when_and_what_stays(
    lane: Lane, item: ReviewItem
) -> None:
    page = words(inside(lane.client), item)
    assert "If you undo: Cancel refund This stays as it is: the e-mail can't be unsent." in page
    assert "It can be undone until" in page
    assert "Undo: Cancel refund" in page


def test_undoing_is_a_post_and_the_page_then_says_how_it_stands(
    lane: Lane, item: ReviewItem
) -> None:
    visitor = inside(lane.client)
    assert visitor.get(f"/review/{item.pk}/undo/").status_code == 405
    assert visitor.post(f"/review/{item.pk}/undo/", {"words": "Wrong card."}).status_code == 302
    page = words(visitor, item)
    assert "Being undone now Owner Harbor & Pine asked for it" in page
    assert "“Wrong card.”" in page
    assert "If you undo" not in page
    again = visitor.post(f"/review/{item.pk}/undo/", {})
    assert again.status_code == 409
    assert "Owner Harbor &amp; Pine asked for this already" in text(again)
    outbox.drain()
    page = words(visitor, item)
    assert "Partly undone Owner Harbor & Pine asked for it" in page
    assert "done, and undone later" in page
    assert paths(lane) == ["/refunds", "/state", "/cancel"]


def test_what_was_not_undone_says_why_and_can_be_tried_again(lane: Lane, item: ReviewItem) -> None:
    lane.shop.body = lambda path: {"state": "paid"} if path == "/state" else {"ok": True}
    visitor = inside(lane.client)
    visitor.post(f"/review/{item.pk}/undo/", {})
    outbox.drain()
    page = words(visitor, item)
    assert "Not undone Owner Harbor & Pine asked for it" in page
    assert "If you undo" in page
    exception = words(visitor, lane.exception())
    assert "The bank has paid it out already." in exception
    assert "Try to undo it again" in exception


def test_nothing_is_offered_after_its_time_or_to_who_may_not_decide(
    lane: Lane, item: ReviewItem
) -> None:
    viewer = inside(lane.client, lane.client.viewer)
    assert "If you undo" not in words(viewer, item)
    assert viewer.post(f"/review/{item.pk}/undo/", {}).status_code == 403
    clock.pass_time(timedelta(hours=24))
    assert "If you undo" not in words(inside(lane.client), item)


def test_the_trace_the_record_and_the_report_say_that_it_was_undone(
    lane: Lane, item: ReviewItem
) -> None:
    visitor = inside(lane.client)
    visitor.post(f"/review/{item.pk}/undo/", {"words": "Wrong card."})
    outbox.drain()
    trace = text(visitor.get(f"/runs/{item.run_id}/"))
    assert f">{item.pk}<" not in trace  # the item is linked, its id means nothing to people
    assert "Undo: Refund $48.20 to Mia Chen" in trace
    record = text(visitor.get("/record/"))
    assert "Wrong card." in record

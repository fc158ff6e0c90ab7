"""What the pages of two attempts at one thing say of each other."""

import re

import pytest

from approvals.models import ReviewItem
from audit import outbox
from tenants.scope import tenant_scope
from tests.portal.review_kit import Visitor, ask, inside, text
from tests.world import Client, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    return make_world().harbor


def send_back(client: Client, visitor: Visitor, item: ReviewItem) -> ReviewItem:
    form = {"choice": "again", "content_hash": item.content_hash}
    form |= {"reason": "missed_context", "words": "She is a regular."}
    assert visitor.post(f"/review/{item.pk}/decide/", form).status_code == 302
    with tenant_scope(client.tenant.pk):
        outbox.drain()
        return ReviewItem.objects.get(attempt=2)


def test_each_attempt_leads_to_the_other(client: Client) -> None:
    visitor = inside(client)
    first = ask(client)
    assert "Send back for another attempt" in text(visitor.get(f"/review/{first.pk}/"))
    second = send_back(client, visitor, first)
    page = text(visitor.get(f"/review/{second.pk}/"))
    assert "Sent back, another attempt comes" in page
    assert "Attempt 2:" in page
    assert f'/review/{first.pk}/">the one before</a> back' in page
    assert "Missed context: She is a regular." in page
    assert "The text is the same." in page  # the offline drafter takes no advice
    page = text(visitor.get(f"/review/{first.pk}/"))
    assert "sent this back for another attempt" in page
    assert f'/review/{second.pk}/">Attempt 2</a>' in page


def test_what_changed_since_is_shown_word_by_word(client: Client) -> None:
    visitor = inside(client)
    first = ask(client)
    second = send_back(client, visitor, first)
    with tenant_scope(client.tenant.pk):
        draft = {**second.draft, "text": second.draft["text"].replace("sorry", "truly sorry")}
        ReviewItem.objects.filter(pk=second.pk).update(draft=draft)
    page = text(visitor.get(f"/review/{second.pk}/"))
    assert re.search(r"<ins>\s?truly\s?</ins>", page)


def test_the_last_attempt_is_not_sent_back(client: Client) -> None:
    item = ask(client)
    with tenant_scope(client.tenant.pk):
        ReviewItem.objects.filter(pk=item.pk).update(attempt=5)
    assert "Send back" not in text(inside(client).get(f"/review/{item.pk}/"))

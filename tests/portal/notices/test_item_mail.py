"""The mail about one item: what it shows, and that reading it does nothing."""

from typing import Any

import pytest

from approvals.models import ReviewItem
from tenants.scope import tenant_scope
from tests.fakes.smtp import SmtpSink
from tests.portal.notices.notices_kit import look
from tests.portal.review.item.test_content import propose
from tests.portal.review_kit import ask, draft, inside, text
from tests.world import Client, World

pytestmark = pytest.mark.django_db


def test_reading_every_link_of_a_mail_ten_times_changes_nothing(
    world: World, post: SmtpSink
) -> None:
    """A3: GET and HEAD of every mailed link; deciding takes the confirm page's button."""
    harbor = world.harbor
    item = ask(harbor)
    for number in range(8):
        draft(harbor, f"Page {number}")
    look()
    visitor = inside(harbor)
    links = {
        word.partition("/t/harbor-pine")[2]
        for mail in post.messages
        for word in mail["text"].split()
        if "/t/harbor-pine/" in word
    }
    assert {f"/review/{item.pk}/", f"/review/{item.pk}/confirm/?seen={item.content_hash}"} <= links
    before = facts(harbor)
    for link in links:
        for _ in range(5):
            assert visitor.get(link).status_code == 200
            assert visitor.http.head(f"/t/harbor-pine{link}").status_code == 200
        stranger = visitor.http.__class__()
        assert stranger.get(f"/t/harbor-pine{link}").status_code == 302  # to sign in
    assert facts(harbor) == before
    page = text(visitor.get(f"/review/{item.pk}/confirm/?seen={item.content_hash}"))
    assert "Approve, refund and send" in page
    assert "changed since the mail" not in page
    visitor.decide(item, "accept")
    assert facts(harbor) != before


def facts(client: Client) -> list[Any]:
    with tenant_scope(client.tenant.pk):
        return list(ReviewItem.objects.order_by("id").values_list("id", "status", "choice"))


def test_the_confirm_page_says_what_changed_and_who_may_not(world: World) -> None:
    item = ask(world.harbor)
    path = f"/review/{item.pk}/confirm/"
    page = text(inside(world.harbor).get(f"{path}?seen=else"))
    assert "This changed since the mail was written" in page
    page = text(inside(world.harbor, world.harbor.viewer).get(path))
    assert "your role does not decide" in page
    assert "<form" not in page.partition("<main")[2].partition("</main>")[0]
    inside(world.harbor).decide(item, "accept")
    page = text(inside(world.harbor).get(path))
    assert "accepted this as written" in page


def test_a_mail_shows_what_is_stored_and_fetches_nothing(world: World, post: SmtpSink) -> None:
    """A8, G2: hidden characters are spelt out, markup stays text, nothing is loaded."""
    evil = '<img src="https://evil.example/x.png"><style>*{}</style>[a](https://evil.example)'
    args = {"to": "mia@shop\u200b.example", "subject": evil, "body": evil}
    propose(world.harbor, "mail.send", args, draft_text=f"{evil} \u202etxt.exe")
    look()
    [mail] = [one for one in post.messages if "A harmless note" in one["subject"]]
    assert "mia@shop⟦U+200B⟧.example" in mail["text"]
    assert "⟦U+202E⟧txt.exe" in mail["text"]
    for hidden in "\u200b\u202e":
        assert hidden not in mail["raw"] + mail["text"] + mail["html"]
    assert "<img" not in mail["html"]
    assert "&lt;img" in mail["html"]
    assert 'href="https://evil.example' not in mail["html"]
    assert "url(" not in mail["html"]

"""The page of one item: what it says is what is stored."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils.html import escape

from approvals.models import ReviewItem, Tool
from approvals.review.services import Action, Ask, open_item
from tenants import clock
from tenants.models import Source
from tenants.scope import tenant_scope
from tests.portal.review_kit import a_run, ask, draft, inside, text
from tests.world import Client, World, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


def propose(client: Client, tool: str, args: dict, draft_text: str = "") -> ReviewItem:
    """An item with one action of exactly these arguments."""
    run = a_run(client)
    with tenant_scope(client.tenant.pk):
        found = Tool.objects.get(name=tool)
        return open_item(
            Ask(
                workflow_id=client.workflow.pk,
                workflow_name="Refund replies",
                version=1,
                run_id=run.pk,
                step="send",
                kind="proposal",
                title="A harmless note",
                asked_by="Shop",
                due_at=clock.now() + timedelta(hours=5),
                draft={"text": draft_text, "spans": []} if draft_text else {},
                actions=(Action("send", found, args, [], "execute_with_approval"),),
            )
        )


def test_it_says_in_the_clients_words_what_happens_on_approval(world: World) -> None:
    item = ask(world.harbor)
    page = text(inside(world.harbor).get(f"/review/{item.pk}/"))
    assert (
        "The shop refunds <b>$48.20</b> on order <b>10412</b>, then this e-mail is sent to "
        "<b>mia@customers.example</b>." in page
    )
    assert escape("The refund can be undone for 24 hours; the e-mail can't be unsent.") in page


def test_sentences_carry_their_sources_and_unsupported_ones_are_marked(world: World) -> None:
    item = draft(world.harbor)
    page = text(inside(world.harbor).get(f"/review/{item.pk}/"))
    assert '<mark class="said">Damaged items are refunded in full' in page
    assert '<a href="#source-1" aria-label="source 1">1</a>' in page
    assert '<mark class="unsaid">Most people hear from us the same day' in page
    assert 'id="source-1"' in page
    assert "Drafted by offline/extractive" in page


def test_a_stale_source_is_named_as_left_out(world: World) -> None:
    with tenant_scope(world.harbor.tenant.pk):
        Source.objects.filter(name="orders").update(verified_at=clock.now() - timedelta(days=102))
    item = ask(world.harbor)
    page = text(inside(world.harbor).get(f"/review/{item.pk}/"))
    assert "Stale by 12 days, so it was not used" in page


def test_how_it_was_made_and_why_you(world: World) -> None:
    item = ask(world.harbor)
    page = text(inside(world.harbor).get(f"/review/{item.pk}/"))
    assert "execute with approval" in page
    assert "the deployment" in page
    assert escape(item.why) in page
    assert "My ceramic lamp arrived damaged and cracked." in page


def test_the_stored_arguments_are_shown_not_the_summary(world: World) -> None:
    """A8: a harmless title over other arguments."""
    args = {"to": "thief@evil.example", "subject": "Invoice", "body": "Pay me."}
    item = propose(world.harbor, "mail.send", args, draft_text="Dear Mia, all is well.")
    page = text(inside(world.harbor).get(f"/review/{item.pk}/"))
    assert "thief@evil.example" in page
    assert "Pay me." in page
    assert "The text above, word for word" not in page


def test_characters_that_cannot_be_seen_are_spelt_out_and_flagged(world: World) -> None:
    """A8: zero-width and right-to-left tricks."""
    args = {"to": "mia@shop\u200b.example", "subject": "\u202etxt.exe", "body": "Hello."}
    item = propose(world.harbor, "mail.send", args, draft_text="Hello\u2066 there.")
    page = text(inside(world.harbor).get(f"/review/{item.pk}/"))
    assert "mia@shop⟦U+200B⟧.example" in page
    assert "⟦U+202E⟧txt.exe" in page
    assert "Hello⟦U+2066⟧ there." in page
    assert page.count("hidden characters") == 2
    for hidden in "\u200b\u202e\u2066":
        assert hidden not in page


def test_markup_in_what_is_stored_stays_text(world: World) -> None:
    """G2, W4: nothing of a draft becomes an element."""
    evil = '<img src="https://evil.example/x.png"><script>alert(1)</script>'
    args = {"to": "mia@customers.example", "subject": evil, "body": evil}
    item = propose(world.harbor, "mail.send", args, draft_text=evil)
    page = text(inside(world.harbor).get(f"/review/{item.pk}/"))
    assert "<img" not in page
    assert "<script>alert" not in page
    assert escape(evil) in page


def test_an_edit_form_offers_the_text_and_the_plain_arguments(world: World) -> None:
    item = ask(world.harbor)
    page = text(inside(world.harbor).get(f"/review/{item.pk}/?edit=1"))
    assert 'name="draft"' in page
    assert 'name="arg-0-amount" value="48.20"' in page
    assert 'name="arg-1-subject"' in page
    assert 'name="arg-1-body"' not in page  # it follows the text
    assert "Approve your version, refund and send" in page


def test_a_viewer_gets_no_edit_form(world: World) -> None:
    item = ask(world.harbor)
    page = text(inside(world.harbor, world.harbor.viewer).get(f"/review/{item.pk}/?edit=1"))
    assert 'name="draft"' not in page
    assert "your role does not decide" in page


def test_a_source_that_moved_on_is_said_before_anybody_approves(world: World) -> None:
    item = ask(world.harbor)
    with tenant_scope(world.harbor.tenant.pk):
        Source.objects.filter(name="orders").update(verified_at=clock.now() - timedelta(days=102))
    page = text(inside(world.harbor).get(f"/review/{item.pk}/"))
    assert "changed or went stale since this was drafted" in page
    assert 'data-key="a"' not in page
    assert 'data-key="e"' not in page
    assert "You can still reject it." in page


def test_times_are_the_tenants(world: World) -> None:
    with tenant_scope(world.harbor.tenant.pk):
        type(world.harbor.tenant).objects.filter(pk=world.harbor.tenant.pk).update(
            timezone="Asia/Tokyo"
        )

    with clock.at(datetime(2026, 11, 21, 3, 0, tzinfo=UTC)):
        item = ask(world.harbor)
        page = text(inside(world.harbor).get(f"/review/{item.pk}/"))
    assert "asked 12:00 by e-mail" in page

"""Deciding through the page's forms, as a browser without JavaScript sends them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import Client as Http

from approvals.models import Decision, Permit, Proposal, ReviewItem
from audit.models import Event
from tenants import clock
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tenants.services.tenants import stop_everything
from tests.portal.review_kit import ask, draft, inside, text
from tests.world import Client, World, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


def fresh(client: Client, item: ReviewItem) -> ReviewItem:
    with tenant_scope(client.tenant.pk):
        return ReviewItem.objects.select_related("decided_by").get(pk=item.pk)


def open_proposals(client: Client, item: ReviewItem) -> list[Proposal]:
    with tenant_scope(client.tenant.pk):
        found = Proposal.objects.filter(item=item).exclude(status="superseded")
        return list(found.order_by("position"))


def test_accepting_approves_every_action_and_goes_on_to_the_next(world: World) -> None:
    client = world.harbor
    item, following = ask(client), ask(client, order_id="10413")
    answer = inside(client).decide(item, "accept")
    assert answer.status_code == 302
    assert answer["Location"] == f"/t/harbor-pine/review/{following.pk}/"
    decided = fresh(client, item)
    assert (decided.choice, decided.decided_by) == ("accept", client.owner)
    assert [p.status for p in open_proposals(client, item)] == ["approved", "approved"]
    with tenant_scope(client.tenant.pk):
        assert Permit.objects.count() == 2


def test_after_the_last_item_the_queue_says_all_is_done(world: World) -> None:
    visitor = inside(world.harbor)
    answer = visitor.decide(ask(world.harbor), "accept")
    assert answer["Location"] == "/t/harbor-pine/review/"
    page = text(visitor.http.get(answer["Location"]))
    assert "Approved: Refund $48.20 to Mia Chen and tell them why" in page
    assert "Nothing waits" in page


def test_htmx_gets_the_next_item_the_list_and_the_counts(world: World) -> None:
    client = world.harbor
    item, following = ask(client), ask(client, order_id="10413")
    data = {"choice": "accept", "content_hash": item.content_hash}
    answer = inside(client).post(f"/review/{item.pk}/decide/", data, HX_Request="true")
    assert answer.status_code == 200
    assert answer["HX-Push-Url"] == f"/t/harbor-pine/review/{following.pk}/"
    page = text(answer)
    assert "<!DOCTYPE html>" not in page
    assert "Refund $99.00 to Theo Lang" in page
    assert 'id="queue"' in page
    assert "1 waiting" in page
    assert "Approved: Refund $48.20" in page


def test_looking_never_decides(world: World) -> None:
    """A3: GET and HEAD of every address of an item, ten times."""
    item = ask(world.harbor)
    visitor = inside(world.harbor)
    for _ in range(10):
        for path in (f"/review/{item.pk}/", f"/review/{item.pk}/?edit=1", "/review/"):
            address = f"/t/harbor-pine{path}"
            assert visitor.http.get(address).status_code == 200
            assert visitor.http.head(address).status_code == 200
        decide = f"/t/harbor-pine/review/{item.pk}/decide/?choice=accept"
        assert visitor.http.get(decide).status_code == 405
        assert visitor.http.head(decide).status_code == 405
    assert fresh(world.harbor, item).status == "waiting"


def test_deciding_needs_a_csrf_token(world: World) -> None:
    """A3: a form of another site decides nothing."""

    item = ask(world.harbor)
    strict = Http(enforce_csrf_checks=True)
    strict.force_login(world.harbor.owner)
    data = {"choice": "accept", "content_hash": item.content_hash, "_tenant": "harbor-pine"}
    answer = strict.post(f"/t/harbor-pine/review/{item.pk}/decide/", data)
    assert answer.status_code == 403
    assert fresh(world.harbor, item).status == "waiting"


def test_a_form_of_another_tenants_page_is_a_conflict(world: World) -> None:
    """T8."""
    item = ask(world.harbor)
    answer = inside(world.harbor).decide(item, "accept", _tenant="quill-books")
    assert answer.status_code == 409
    assert fresh(world.harbor, item).status == "waiting"


def test_what_changed_since_it_was_seen_is_shown_again(world: World) -> None:
    """A1: the hash of what was looked at goes along."""
    item = ask(world.harbor)
    answer = inside(world.harbor).decide(item, "accept", content_hash="0" * 64)
    assert answer.status_code == 409
    assert "This changed since you looked at it." in text(answer)
    assert fresh(world.harbor, item).status == "waiting"


def test_deciding_twice_says_who_was_first(world: World) -> None:
    item = ask(world.harbor)
    inside(world.harbor).decide(item, "take_over")
    late = inside(world.harbor, world.harbor.approver).decide(item, "accept")
    assert late.status_code == 409
    decided_at = fresh(world.harbor, item).decided_at
    assert decided_at is not None
    when = decided_at.astimezone(ZoneInfo(world.harbor.tenant.timezone))
    assert f"Owner Harbor &amp; Pine took this over at {when:%H:%M}." in text(late)
    with tenant_scope(world.harbor.tenant.pk):
        assert Decision.objects.count() == 1


@pytest.mark.parametrize(
    ("first", "more", "said"),
    [
        ("accept", {}, "approved this at 12:00: accepted as written."),
        ("reject", {"reason": "wrong_facts"}, "rejected this at 12:00: wrong facts."),
        ("correct", {"arg-0-amount": "40.00"}, "approved this at 12:00: accepted after an edit."),
    ],
)
def test_a_late_click_says_what_was_decided_and_when_in_the_clients_day(
    world: World, first: str, more: dict[str, str], said: str
) -> None:
    with tenant_scope(world.harbor.tenant.pk):
        Tenant.objects.filter(pk=world.harbor.tenant.pk).update(timezone="Asia/Tokyo")
    with clock.at(datetime(2026, 11, 21, 3, 0, tzinfo=UTC)):
        item = ask(world.harbor)
        inside(world.harbor).decide(item, first, **more)
    with clock.at(datetime(2026, 11, 21, 5, 0, tzinfo=UTC)):
        late = inside(world.harbor, world.harbor.approver).decide(item, "accept")
    assert f"Owner Harbor &amp; Pine {said}" in text(late)


def test_rejecting_needs_a_reason_and_keeps_the_words(world: World) -> None:
    client = world.harbor
    item = ask(client)
    visitor = inside(client)
    refused = visitor.decide(item, "reject", reason="", words="Keep these words")
    assert "Keep these words" in text(refused)
    assert refused.status_code == 400
    assert "Say why: choose a reason from the list." in text(refused)
    assert visitor.decide(item, "reject", reason="other", words=" ").status_code == 400
    assert visitor.decide(item, "reject", reason="tone", words="Too stiff").status_code == 302
    decided = fresh(client, item)
    assert (decided.choice, decided.reason_code) == ("reject", "tone")
    page = text(visitor.get(f"/review/{item.pk}/"))
    assert "rejected this" in page
    assert "Tone: Too stiff" in page
    assert "not done" in page


def test_taking_over_does_nothing_and_says_whose_it_is(world: World) -> None:
    client = world.harbor
    item = ask(client)
    inside(client).decide(item, "take_over")
    assert fresh(client, item).choice == "take_over"
    assert {p.status for p in open_proposals(client, item)} == {"rejected"}


def test_an_edited_text_is_what_is_sent(world: World) -> None:
    client = world.harbor
    item = ask(client)
    new = "Hi Mia,\r\n\r\nyour refund is on its way.\r\n"
    answer = inside(client).decide(item, "correct", draft=new)
    assert answer.status_code == 302
    refund, mail = open_proposals(client, item)
    assert mail.args["body"] == "Hi Mia,\n\nyour refund is on its way.\n"
    assert (mail.status, mail.revision) == ("approved", 2)
    assert (refund.status, refund.revision) == ("approved", 1)


def test_an_edited_amount_is_what_is_refunded(world: World) -> None:
    client = world.harbor
    item = ask(client)
    typed = {"draft": item.draft["text"], "arg-0-amount": "40.10", "arg-0-order": "10412"}
    inside(client).decide(item, "correct", **typed)
    refund, mail = open_proposals(client, item)
    assert refund.args["amount"] == {"value": 4010, "currency": "USD"}
    assert mail.revision == 1
    with tenant_scope(client.tenant.pk):
        decision = Decision.objects.get()
        assert decision.edits == {
            "proposals": {"0": {"amount": {"value": 4010, "currency": "USD"}}}
        }


@pytest.mark.parametrize("typed", ["48,20", "48.205", "1e3", "NaN", "", "-", "٤٨"])
def test_an_amount_that_can_be_misread_is_refused_and_comes_back(world: World, typed: str) -> None:
    item = ask(world.harbor)
    answer = inside(world.harbor).decide(item, "correct", **{"arg-0-amount": typed})
    assert answer.status_code == 400
    assert f'name="arg-0-amount" value="{typed}"' in text(answer)
    assert fresh(world.harbor, item).status == "waiting"


def test_an_edit_that_changes_nothing_is_no_correction(world: World) -> None:
    item = ask(world.harbor)
    text_as_sent = item.draft["text"].replace("\n", "\r\n")
    answer = inside(world.harbor).decide(item, "correct", draft=text_as_sent)
    assert answer.status_code == 400
    assert "Nothing was changed." in text(answer)


def test_a_field_the_page_did_not_offer_changes_nothing(world: World) -> None:
    """W4: extra fields of a form are ignored."""
    client = world.harbor
    item = ask(client)
    extra = {"arg-0-currency": "EUR", "arg-9-to": "x@y.example", "status": "done", "tenant": "x"}
    answer = inside(client).decide(item, "correct", **extra)
    assert answer.status_code == 400
    assert fresh(client, item).status == "waiting"


@pytest.mark.parametrize("who", ["viewer", "operator", "reviewer", "admin"])
def test_those_who_may_not_decide_are_refused_by_the_server(world: World, who: str) -> None:
    item = ask(world.harbor)
    user = world.harbor.viewer if who == "viewer" else getattr(world, who)
    answer = inside(world.harbor, user).decide(item, "accept")
    assert answer.status_code == 403
    assert fresh(world.harbor, item).status == "waiting"


def test_an_item_whose_time_ran_out_has_no_buttons_and_takes_no_decision(world: World) -> None:
    item = ask(world.harbor)
    visitor = inside(world.harbor)
    with clock.at(clock.now() + timedelta(days=2)):
        page = text(visitor.get(f"/review/{item.pk}/"))
        assert "The time to decide has run out" in page
        assert 'value="accept"' not in page
        assert visitor.decide(item, "accept").status_code == 409


def test_a_draft_is_accepted_without_anything_being_sent(world: World) -> None:
    item = draft(world.harbor)
    visitor = inside(world.harbor)
    assert "Accept as written" in text(visitor.get(f"/review/{item.pk}/"))
    visitor.decide(item, "accept")
    assert fresh(world.harbor, item).choice == "accept"


def test_an_exception_is_resolved_by_one_of_its_ways_out(world: World) -> None:
    client = world.harbor
    ask(client, order_id="10414", subject="Bookcase")
    with tenant_scope(client.tenant.pk):
        item = ReviewItem.objects.get(kind="exception")
    visitor = inside(client)
    assert visitor.decide(item, "resolve", reason="happened").status_code == 400
    answer = visitor.decide(item, "resolve", reason="close")
    assert answer["Location"] == "/t/harbor-pine/exceptions/"
    assert fresh(client, item).choice == "resolve"
    with tenant_scope(client.tenant.pk):
        assert Event.objects.filter(verb="exception.resolved", object_id=item.pk).count() == 1


def test_the_record_keeps_how_long_somebody_looked(world: World) -> None:
    client = world.harbor
    item = ask(client)
    opened = int(clock.now().timestamp()) - 42
    inside(client).decide(item, "accept", opened=str(opened))
    with tenant_scope(client.tenant.pk):
        assert Decision.objects.get().seconds in (42, 43)


def test_what_was_changed_is_shown_word_by_word_before_and_after(world: World) -> None:
    client = world.harbor
    item, visitor = ask(client), inside(client)
    text_before = item.draft["text"]
    form = {
        "choice": "correct",
        "content_hash": item.content_hash,
        "draft": text_before.replace("sorry", "very sorry"),
        "arg-0-amount": "40.00",
    }
    shown = text(visitor.post(f"/review/{item.pk}/difference/", form))
    assert "<ins> very</ins>" in shown
    assert "<del>$48.20</del> <ins>$40.00</ins>" in shown
    assert fresh(client, item).status == "waiting"
    wrong = visitor.post(f"/review/{item.pk}/difference/", form | {"arg-0-amount": "40,0"})
    assert "is no amount for amount" in text(wrong)
    visitor.post(f"/review/{item.pk}/decide/", form)
    page = text(visitor.get(f"/review/{item.pk}/"))
    assert "What was changed" in page
    assert "<ins> very</ins>" in page
    assert "<del>$48.20</del> <ins>$40.00</ins>" in page


def test_an_edit_that_a_rule_forbids_comes_back_with_what_was_typed(world: World) -> None:
    item, visitor = ask(world.harbor), inside(world.harbor)
    typed = {"draft": "Sorry, Mia. Here are $300.", "arg-0-amount": "300.00"}
    answer = visitor.decide(item, "correct", **typed)
    assert answer.status_code == 409
    page = text(answer)
    assert "Dana handles large refunds." in page
    assert "Sorry, Mia. Here are $300." in page
    assert 'value="300.00"' in page
    with tenant_scope(world.harbor.tenant.pk):
        assert ReviewItem.objects.get().status == "waiting"


def test_what_is_stopped_can_not_be_approved_and_the_page_says_why(world: World) -> None:
    item, visitor = ask(world.harbor), inside(world.harbor)
    with tenant_scope(world.harbor.tenant.pk):
        stop_everything(actor=world.harbor.actor())
    answer = visitor.decide(item, "accept")
    assert answer.status_code == 409
    assert "Harbor &amp; Pine has stopped everything." in text(answer)

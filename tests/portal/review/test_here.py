"""Who has an item open: said to the others, passes by itself, and holds nothing."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from approvals.models import Looking, ReviewItem
from audit.models import Event
from tenants import clock
from tenants.models import User
from tenants.scope import tenant_scope
from tests.portal.review_kit import ask, inside, text
from tests.world import Client, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    return make_world().harbor


def test_each_hears_of_the_others_until_they_are_gone(client: Client) -> None:
    item, now = ask(client), clock.now()
    owner, approver = inside(client), inside(client, client.approver)
    here = f"/review/{item.pk}/here/"
    with clock.at(now):
        assert "open too" not in text(owner.post(here, {}))
        said = text(approver.post(here, {}))
        assert "Owner Harbor &amp; Pine has this open too, since" in said
    with clock.at(now + timedelta(seconds=14)):
        assert "Approver Harbor" in text(owner.post(here, {}))
    with clock.at(now + timedelta(seconds=16)):
        assert "open too" not in text(owner.post(here, {}))
        assert "Owner Harbor" in text(approver.post(here, {}))


A, B, C = "a" * 32, "b" * 32, "c" * 32


def _sees_owner(client: Client, item: ReviewItem) -> bool:
    said = inside(client, client.approver).post(f"/review/{item.pk}/here/", {})
    return "Owner Harbor" in said.content.decode()


def test_a_late_word_of_a_former_page_ends_only_that_page(client: Client) -> None:
    item, now = ask(client), clock.now()
    owner, here = inside(client), f"/review/{item.pk}/here/"
    with clock.at(now):
        owner.post(here, {"viewing": C, "gone": "yes"})  # before it was ever heard of
        owner.post(here, {"viewing": C})
        assert not _sees_owner(client, item)
        owner.post(here, {"viewing": A})
        owner.post(here, {"viewing": B})
        assert owner.post(here, {"viewing": A, "gone": "yes"}).status_code == 204
        assert _sees_owner(client, item)
        owner.post(here, {"viewing": B, "gone": "yes"})
        assert not _sees_owner(client, item)
        owner.post(here, {"viewing": B})  # sent before it went, and overtaken
        assert not _sees_owner(client, item)


def test_of_two_tabs_the_one_that_stays_keeps_its_own_time(client: Client) -> None:
    item, now = ask(client), clock.now()
    owner, here = inside(client), f"/review/{item.pk}/here/"
    with clock.at(now):
        owner.post(here, {"viewing": A})
    with clock.at(now + timedelta(seconds=10)):
        owner.post(here, {"viewing": B})
        owner.post(here, {"viewing": B, "gone": "yes"})
        assert _sees_owner(client, item)
    with clock.at(now + timedelta(seconds=16)):
        assert not _sees_owner(client, item)


def test_who_comes_back_within_a_minute_is_still_the_first(client: Client) -> None:
    item, now = ask(client), clock.now()
    owner, here = inside(client), f"/review/{item.pk}/here/"
    with clock.at(now):
        owner.post(here, {"viewing": A})
        assert _sees_owner(client, item)
        owner.post(here, {"viewing": A, "gone": "yes"})
    for seconds, begins in ((50, now), (120, now + timedelta(seconds=120))):
        with clock.at(now + timedelta(seconds=seconds)):
            owner.post(here, {"viewing": B})
        with tenant_scope(client.tenant.pk):
            assert Looking.objects.get(person=client.owner).since == begins


def test_viewings_are_bounded_and_odd_ids_are_one(client: Client) -> None:
    item = ask(client)
    owner, here = inside(client), f"/review/{item.pk}/here/"
    for n in range(25):
        owner.post(here, {"viewing": f"{n:032x}"})
    for odd in ("x" * 900, "<b>", ""):
        owner.post(here, {"viewing": odd})
    with tenant_scope(client.tenant.pk):
        kept = Looking.objects.get().viewings
        assert len(kept) == 20
        assert {len(one) for one in kept} == {32, 0}


def test_saying_so_again_takes_four_statements(client: Client) -> None:
    """The item, the person's own row twice, and the others, beside what every request asks."""
    item = ask(client)
    owner, here = inside(client), f"/review/{item.pk}/here/"
    owner.post(here, {"viewing": A})
    with CaptureQueriesContext(connection) as asked:
        owner.post(here, {"viewing": A})
    own = [one["sql"] for one in asked if "approvals_" in one["sql"]]
    assert len(own) == 4, own


def test_since_when_is_from_when_they_came(client: Client) -> None:
    item, now = ask(client), clock.now()
    owner = inside(client)
    for seconds in (0, 20, 40):
        with clock.at(now + timedelta(seconds=seconds)):
            owner.post(f"/review/{item.pk}/here/", {})
    with tenant_scope(client.tenant.pk):
        assert Looking.objects.get().since == now
    later = now + timedelta(minutes=10)
    with clock.at(later):
        owner.post(f"/review/{item.pk}/here/", {})
    with tenant_scope(client.tenant.pk):
        assert Looking.objects.get().since == later


def test_it_is_no_act_and_opening_a_page_notes_nothing(client: Client) -> None:
    """Case A3: a GET changes nothing, presence included."""
    item = ask(client)
    owner = inside(client)
    with tenant_scope(client.tenant.pk):
        before = Event.objects.count()
    owner.get(f"/review/{item.pk}/")
    with tenant_scope(client.tenant.pk):
        assert not Looking.objects.exists()
    owner.post(f"/review/{item.pk}/here/", {})
    with tenant_scope(client.tenant.pk):
        assert Event.objects.count() == before
        assert Looking.objects.count() == 1


def test_staff_are_not_noted_and_old_looks_are_forgotten(client: Client) -> None:
    operator = inside(client, User.objects.get(staff_role="operator"))
    first, second, now = ask(client), ask(client, order_id="10413"), clock.now()
    operator.post(f"/review/{first.pk}/here/", {})
    owner = inside(client)
    owner.post(f"/review/{first.pk}/here/", {})
    owner.decide(first, "take_over")
    with clock.at(now + timedelta(hours=2)):
        owner.post(f"/review/{second.pk}/here/", {})
    with tenant_scope(client.tenant.pk):
        assert [one.item_id for one in Looking.objects.all()] == [second.pk]


def test_who_came_first_is_said_to_the_second_and_passes_when_they_leave(client: Client) -> None:
    item, now = ask(client), clock.now()
    owner, approver = inside(client), inside(client, client.approver)
    here = f"/review/{item.pk}/here/"
    with clock.at(now):
        owner.post(here, {})
    with clock.at(now + timedelta(seconds=5)):
        said = text(approver.post(here, {}))
        assert "data-first" in said
        assert "Owner Harbor &amp; Pine is looking at this (since" in said
    with clock.at(now + timedelta(seconds=10)):
        first = text(owner.post(here, {}))
        assert "Approver Harbor" in first
        assert "data-first" not in first
        assert owner.post(here, {"gone": "yes"}).status_code == 204
        assert "Owner" not in text(approver.post(here, {}))


def test_nothing_is_locked(client: Client) -> None:
    item = ask(client)
    inside(client).post(f"/review/{item.pk}/here/", {})
    second = inside(client, client.approver)
    second.post(f"/review/{item.pk}/here/", {})
    assert second.decide(item, "accept").status_code == 302


def test_who_has_signed_or_decided_is_not_shown_as_looking(client: Client) -> None:
    owner, approver = inside(client), inside(client, client.approver)
    also = {"also": str(client.approver.pk), "who": "owner", "needed": "1"}
    policy = {"kind": "refund", "over": "5", "hours": "8"}
    assert owner.post("/policies/add/", policy | also).status_code == 302
    item, other, now = ask(client), ask(client, order_id="10413"), clock.now()
    with clock.at(now):
        for one in (item, other):
            owner.post(f"/review/{one.pk}/here/", {})
    with clock.at(now + timedelta(seconds=5)):
        assert "Owner" in approver.post(f"/review/{item.pk}/here/", {}).content.decode()
        assert owner.decide(item, "accept").status_code == 302  # signed; the other must too
        assert owner.decide(other, "reject", reason="tone").status_code == 302
        for one in (item, other):
            said = approver.post(f"/review/{one.pk}/here/", {}).content.decode()
            assert "Owner" not in said


def test_what_was_changed_since_it_was_seen_is_said_word_by_word(client: Client) -> None:
    owner, approver = inside(client), inside(client, client.approver)
    policy = {"kind": "refund", "over": "5", "hours": "8", "apart": "on", "who": "owner"}
    also = {"also": str(client.approver.pk), "needed": "1"}
    assert owner.post("/policies/add/", policy | also).status_code == 302
    item, now = ask(client), clock.now()
    path = f"/review/{item.pk}/"
    with clock.at(now):
        for one in (owner, approver):
            one.post(f"{path}here/", {"seen": item.content_hash})
            assert "Changed since" not in text(one.get(path))
    with clock.at(now + timedelta(hours=3)):  # longer than a look is said to the others
        words = item.draft["text"].replace("sorry", "very sorry")
        approver.decide(item, "correct", **{"draft": words, "arg-0-amount": "40.00"})
        page = text(owner.get(path))
        local = timezone.localtime(clock.now(), ZoneInfo(client.tenant.timezone))
        assert f"Changed since you saw it, by Approver Harbor &amp; Pine, {local:%H:%M}" in page
        assert "<ins> very</ins>" in page
        assert "<del>$48.20</del> <ins>$40.00</ins>" in page
        assert "Changed since" not in text(approver.get(path))  # their own edit
        with tenant_scope(client.tenant.pk):
            edited = ReviewItem.objects.get(pk=item.pk)
        owner.post(f"{path}here/", {"seen": edited.content_hash})
        page = text(owner.get(path))
        assert "Changed since" not in page
        assert "What was edited" in page  # it stays until it is decided
        page = text(inside(client, client.viewer).get(path))  # never saw it before
        assert "Edited by Approver Harbor &amp; Pine" in page
        assert "<del>$48.20</del> <ins>$40.00</ins>" in page


def test_what_was_seen_is_what_the_page_shows(client: Client) -> None:
    item = ask(client)
    owner = inside(client)
    assert f'name="seen" value="{item.content_hash}"' in text(owner.get(f"/review/{item.pk}/"))
    for seen, kept in (("x" * 64, ""), (item.content_hash, item.content_hash), ("", "same")):
        owner.post(f"/review/{item.pk}/here/", {"seen": seen})
        with tenant_scope(client.tenant.pk):
            found = Looking.objects.get().content_hash
        assert found == (item.content_hash if kept == "same" else kept)


def test_what_one_saw_is_kept_while_it_waits_and_bounded(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    items, now = [ask(client) for _ in range(4)], clock.now()
    owner = inside(client)
    for n, item in enumerate(items[:3]):
        with clock.at(now + timedelta(minutes=n)):
            owner.post(f"/review/{item.pk}/here/", {"seen": item.content_hash})
    with clock.at(now + timedelta(hours=3)):
        owner.post(f"/review/{items[3].pk}/here/", {})
    with tenant_scope(client.tenant.pk):
        assert Looking.objects.count() == 4
    monkeypatch.setattr("approvals.review.presence.MOST", 2)
    with clock.at(now + timedelta(hours=6)):
        owner.post(f"/review/{items[3].pk}/here/", {})
    with tenant_scope(client.tenant.pk):
        kept = set(Looking.objects.values_list("item_id", flat=True))
    assert kept == {items[2].pk, items[3].pk}

"""Hearing of new items: once, the way each person chose, and never too often."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from approvals.models import ReviewItem
from audit import outbox
from audit.models import Outbox
from audit.worker import schedule
from portal.notices import new_items
from portal.notices.models import Notice, NoticePreference, Told
from tenants import access, clock
from tenants.models import User
from tenants.scope import tenant_scope
from tenants.services.people import end_membership
from tests.fakes.smtp import SmtpSink
from tests.lanes import NOON
from tests.portal.review.item.test_content import propose
from tests.portal.review_kit import Visitor, ask, draft, inside, text
from tests.world import Client, World, make_world
from workflows.services.decision_withdrawal import withdraw_open_decision

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> Iterator[World]:
    with clock.at(NOON):
        made = make_world()
        access_only_owner(made.harbor)
        hear_again(made)
        yield made


def hear_again(world: World) -> None:
    """Nobody has chosen how to hear of items."""
    for client in (world.harbor, world.quill):
        with tenant_scope(client.tenant.pk):
            NoticePreference.objects.all().delete()


def access_only_owner(client: Client) -> None:
    """The approver has no workflow, so that only the owner is told."""
    with tenant_scope(client.tenant.pk):
        access.revoke(client.workflow, client.approver, actor=client.actor())


def prefer(client: Client, user: User | None = None, **chosen: Any) -> None:
    with tenant_scope(client.tenant.pk):
        person = user or client.owner
        NoticePreference.objects.update_or_create(person=person, defaults=chosen)


def look(minutes: float = 1) -> None:
    """Let the next look come, and everything that follows from it."""
    clock.pass_time(timedelta(minutes=minutes))
    new_items.begin_item_checks()
    outbox.drain()


def subjects(post: SmtpSink) -> list[str]:
    return [" ".join(f"{m['to'][0]}: {m['subject']}".split()) for m in post.messages]


def test_a_new_item_is_told_once_to_each_who_may_decide(world: World, post: SmtpSink) -> None:
    harbor = world.harbor
    with tenant_scope(harbor.tenant.pk):
        access.grant(harbor.workflow, harbor.approver, actor=harbor.actor())
    item = ask(harbor)
    for _ in range(3):
        look()
    assert sorted(subjects(post)) == [
        f"approver@harbor-pine.example: Harbor & Pine: waits for you: {item.title}",
        f"owner@harbor-pine.example: Harbor & Pine: waits for you: {item.title}",
    ]
    with tenant_scope(harbor.tenant.pk):
        assert Told.objects.count() == 2


def test_what_was_decided_within_the_minute_interrupts_nobody(world: World, post: SmtpSink) -> None:
    item = ask(world.harbor)
    inside(world.harbor).decide(item, "reject", reason="tone")
    look()
    assert post.messages == []


def test_more_than_the_limit_comes_together(world: World, post: SmtpSink) -> None:
    for number in range(6):
        draft(world.harbor, f"Page {number}")
    look()
    found = subjects(post)
    assert len(found) == 4
    assert found[-1] == "owner@harbor-pine.example: Harbor & Pine: 3 items wait for you"
    text_of = post.messages[-1]["text"]
    assert all(f"Page {n}" in text_of for n in (3, 4, 5))
    draft(world.harbor, "Page 6")
    look()
    assert len(post.messages) == 4  # the hour is full
    look(minutes=61)
    assert "Page 6" in subjects(post)[-1]


def test_a_digest_is_gathered_until_its_time(world: World, post: SmtpSink) -> None:
    prefer(world.harbor, how="digest", times=["13:00"], gathered_at=NOON)
    draft(world.harbor, "One")
    draft(world.harbor, "Two")
    look()
    assert post.messages == []
    look(minutes=60)
    [mail] = post.messages
    assert "2 items wait for you" in mail["subject"]
    draft(world.harbor, "Three")
    look()
    assert len(post.messages) == 1


def test_a_digest_leaves_out_what_was_decided_before_it_was_written(
    world: World, post: SmtpSink
) -> None:
    prefer(world.harbor, how="digest", times=["13:00"], gathered_at=NOON)
    for subject in ("One", "Two", "Three"):
        draft(world.harbor, subject)
    clock.pass_time(timedelta(hours=1))
    new_items.begin_item_checks()
    with tenant_scope(world.harbor.tenant.pk):
        new_items.notify_new_items(outbox.Claim(*[None] * 5))  # type: ignore[arg-type]
        first = ReviewItem.objects.order_by("id")[0]
    inside(world.harbor).decide(first, "accept")
    outbox.drain()
    [mail] = post.messages
    assert "2 items wait" in mail["subject"]
    assert "One" not in mail["text"]


def test_nothing_and_only_urgent_are_kept_to(world: World, post: SmtpSink) -> None:
    prefer(world.harbor, how="urgent")
    item = ask(world.harbor)
    look()
    assert post.messages == []
    look(minutes=(item.due_at - clock.now()).total_seconds() / 60 - 30)
    assert len(post.messages) == 1
    prefer(world.harbor, how="none")
    ask(world.harbor)
    look()
    assert len(post.messages) == 1


def test_who_left_or_put_it_off_is_not_told(world: World, post: SmtpSink) -> None:
    harbor = world.harbor
    with tenant_scope(harbor.tenant.pk):
        access.grant(harbor.workflow, harbor.approver, actor=harbor.actor())
    item = ask(harbor)
    until = (clock.now() + timedelta(hours=3)).isoformat()
    inside(harbor).post(f"/review/{item.pk}/later/", {"until": until})
    clock.pass_time(timedelta(minutes=1))
    new_items.begin_item_checks()
    with tenant_scope(harbor.tenant.pk):
        new_items.notify_new_items(outbox.Claim(*[None] * 5))  # type: ignore[arg-type]
        member = harbor.tenant.memberships.get(user=harbor.approver)
        end_membership(member.pk, actor=harbor.actor())
    outbox.drain()
    assert post.messages == []
    with tenant_scope(harbor.tenant.pk):
        [notice] = Notice.objects.all()
        assert (notice.to, notice.status) == (harbor.approver.email, "failed")


def test_no_other_clients_items_are_told(world: World, post: SmtpSink) -> None:
    ask(world.quill)
    look()
    assert {m["to"][0] for m in post.messages} <= {
        "owner@quill-books.example",
        "approver@quill-books.example",
    }
    assert post.messages


def test_every_client_has_one_row_that_comes_back(world: World) -> None:
    for _ in range(2):
        new_items.begin_item_checks()
    rows = Outbox.objects.filter(topic=new_items.TOPIC)
    assert rows.count() == 3
    assert rows.filter(pk=schedule.row_id(new_items.TOPIC, world.harbor.tenant.pk)).exists()


# -- The page of a person's own choice ------------------------------------------------------


def test_a_person_sets_how_they_hear(world: World) -> None:
    visitor = inside(world.harbor)
    given = {"how": "digest", "times": "9:00, 16:30", "most": "2", "via": "mail"}
    assert visitor.post("/notices/", given).status_code == 302
    with tenant_scope(world.harbor.tenant.pk):
        [found] = NoticePreference.objects.all()
    assert (found.person, found.how, found.times, found.most) == (
        world.harbor.owner,
        "digest",
        ["09:00", "16:30"],
        2,
    )
    page = text(visitor.get("/notices/"))
    assert "09:00, 16:30" in page


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"times": "25:00"}, "is no time"),
        ({"most": "0"}, "greater than or equal to 1"),
        ({"via": "chat"}, "Give the address of your chat"),
        ({"via": "chat", "address": "hello"}, "no chat address"),
        ({"via": "chat", "address": "json://127.0.0.1:9/x"}, "can&#x27;t be used here"),
        ({"via": "chat", "address": "mailto://u:p@mail.example"}, "can&#x27;t be used here"),
        ({"via": "chat", "address": "dbus://"}, "chat"),
        ({"via": "chat", "address": "slack://a?verify=no"}, "Leave “verify” out"),
        ({"how": "loud"}, "Select a valid choice"),
    ],
)
def test_what_can_not_be_is_said_beside_it(world: World, wrong: dict, said: str) -> None:
    given = {"how": "each", "times": "", "most": "4", "via": "mail", "address": ""}
    answer = inside(world.harbor).post("/notices/", given | wrong)
    assert answer.status_code == 400
    assert said in text(answer)
    with tenant_scope(world.harbor.tenant.pk):
        assert not NoticePreference.objects.exists()


def test_one_can_send_oneself_a_notice(world: World, post: SmtpSink) -> None:
    visitor = inside(world.harbor)
    visitor.post("/notices/try/", {})
    visitor.post("/notices/try/", {})
    outbox.drain()
    assert [m["subject"] for m in post.messages] == ["Harbor & Pine: this is how notices reach you"]


def test_staff_and_keys_have_no_notices(world: World) -> None:
    assert Visitor(world.harbor, world.operator).get("/notices/").status_code == 403


# -- Case A3: what the links of a mail open -------------------------------------------------


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


def test_what_was_taken_back_is_told_no_second_time(world: World, post: SmtpSink) -> None:
    harbor = world.harbor
    harbor.tenant.take_back_seconds = 10
    harbor.tenant.save()
    item = ask(harbor)
    look()
    inside(harbor).decide(item, "accept")
    with tenant_scope(harbor.tenant.pk):
        withdraw_open_decision(item.pk, actor=harbor.actor())
    look()
    assert len(post.messages) == 1


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

"""Hearing of new items: once, the way each person chose, and never too often."""

from datetime import timedelta

import pytest

from audit import outbox
from audit.models import Outbox
from audit.worker import schedule
from portal.notices import new_items
from portal.notices.models import Notice, Told
from tenants import access, clock
from tenants.scope import tenant_scope
from tenants.services.people import end_membership
from tests.fakes.smtp import SmtpSink
from tests.portal.notices.notices_kit import look, prefer
from tests.portal.review_kit import ask, draft, inside
from tests.world import World
from workflows.services.decision_withdrawal import withdraw_open_decision

pytestmark = pytest.mark.django_db


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

"""Mail on the desk: whether it goes out, since when not, and what of it waits or failed."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import override_settings
from django.utils.html import escape

from audit import outbox
from portal import notices
from portal.desk import page as desk
from portal.notices.models import Notice
from tenants import clock
from tenants.models import Invitation, Tenant, User
from tenants.scope import tenant_scope
from tests.fakes.smtp import SmtpSink
from tests.lanes import NOON, SMTP
from tests.portal.desk.test_page import browser_of
from tests.portal.visiting import text
from tests.world import Client, World, make_world

pytestmark = pytest.mark.usefixtures("committed")

NOBODY = {"EMAIL_BACKEND": SMTP, "EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": 1}


@pytest.fixture
def world(committed: None) -> Iterator[World]:
    with clock.at(NOON):
        yield make_world()


def invite(client: Client, email: str) -> None:
    with tenant_scope(client.tenant.pk):
        made = Invitation.objects.create(
            tenant_id=client.tenant.pk,
            email=email,
            role="viewer",
            invited_by=client.owner,
            expires_at=clock.now() + timedelta(days=7),
        )
        notices.send_invitation(made)
        outbox.drain()


def look(user: User) -> desk.Overview:
    return desk.overview(user, list(Tenant.objects.filter(assignments__user=user)))


def test_without_a_mail_server_the_desk_says_since_when_and_what_mends_it(world: World) -> None:
    with override_settings(**NOBODY):
        invite(world.harbor, "ada@harbor-pine.example")
    seen = look(world.operator)
    assert seen.mail.since == NOON
    assert seen.mail.problem == "The mail server can't be reached: Connection refused."
    mails = {one.tenant.slug: one.mails for one in seen.clients}["harbor-pine"]
    assert (mails.waiting, mails.failed, mails.invitations) == (1, 0, 1)
    page = text(browser_of(world.operator).get("/desk/"))
    assert "Mail does not go out" in page
    assert "HANDRAIL_SMTP_HOST" in page
    assert "manage.py doctor" in page
    assert escape("Mails of the last 7 days: 1 waiting.") in page
    assert '<a href="/t/harbor-pine/people/">Hand over the link' in page


def test_a_mail_that_was_given_up_still_says_that_mail_is_down(world: World) -> None:
    with override_settings(**NOBODY):
        invite(world.harbor, "ada@harbor-pine.example")
        for _ in range(6):
            clock.pass_time(timedelta(hours=1))
            with tenant_scope(world.harbor.tenant.pk):
                outbox.drain()
    seen = look(world.operator)
    assert seen.mail.since == NOON
    mails = {one.tenant.slug: one.mails for one in seen.clients}["harbor-pine"]
    assert (mails.waiting, mails.failed) == (0, 1)


def test_once_mail_goes_out_again_nothing_is_wrong(world: World) -> None:
    with override_settings(**NOBODY):
        invite(world.harbor, "ada@harbor-pine.example")
    clock.pass_time(timedelta(minutes=10))
    with SmtpSink() as post, override_settings(**NOBODY | {"EMAIL_PORT": post.port}):
        with tenant_scope(world.harbor.tenant.pk):
            outbox.drain()
        assert len(post.messages) == 1
    seen = look(world.operator)
    assert (seen.mail.since, seen.mail.mend) == (None, "")
    assert seen.mail.sent_at == NOON + timedelta(minutes=10)
    page = text(browser_of(world.operator).get("/desk/"))
    assert "The last mail went out just now." in page


def test_one_address_that_is_refused_does_not_mean_that_mail_is_down(world: World) -> None:
    with SmtpSink() as post, override_settings(**NOBODY | {"EMAIL_PORT": post.port}):
        post.answer = "550 no such person"
        invite(world.harbor, "nobody@harbor-pine.example")
    seen = look(world.operator)
    assert seen.mail.since is None
    mails = {one.tenant.slug: one.mails for one in seen.clients}["harbor-pine"]
    assert (mails.failed, mails.sentence) == (1, "Mails of the last 7 days: 1 not sent.")


def test_a_mail_that_lost_its_point_is_no_failure(world: World) -> None:
    with tenant_scope(world.harbor.tenant.pk):
        Notice.objects.create(
            kind="item", key="k", to="a@b.example", object_id=world.harbor.tenant.pk,
            status="failed", problem="It was decided, or its time is over.",
        )  # fmt: skip
    seen = look(world.operator)
    assert seen.mail.since is None
    assert [one.mails.sentence for one in seen.clients] == ["", ""]


def test_mails_of_clients_nobody_assigned_are_not_counted(world: World) -> None:
    with override_settings(**NOBODY):
        invite(world.sable, "ada@sable-yoga.example")
    assert look(world.operator).mail.since is None
    everybody = desk.overview(world.operator, list(Tenant.objects.all()))
    assert everybody.mail.since is None
    assert look(world.admin).mail.since == NOON

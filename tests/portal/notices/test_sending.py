"""Mails to people: owed once, sent at most once, tried again where nothing was sent."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from audit import outbox
from audit.models import Event, Outbox
from audit.verbs import Verb
from portal.notices import send_invitation, send_report
from portal.notices.enqueue import TOPIC
from portal.notices.models import Notice
from portal.notices.sending import NoticeJob, notice_job
from portal.reports.make import make_report
from tenants import clock
from tenants.models import Invitation
from tenants.scope import tenant_scope
from tenants.services.people import (
    add_member,
    end_membership,
    get_open_invitation,
    invite,
    withdraw_invitation,
)
from tests.fakes.smtp import SmtpSink
from tests.portal.history import MONDAY, REPORT_DAY, decided, drafts_only
from tests.world import Client, World, make_world

pytestmark = pytest.mark.django_db
NOON = MONDAY + timedelta(hours=2)
UNUSED_PORT = 1


@pytest.fixture
def world() -> World:
    with clock.at(MONDAY):
        return make_world()


def invited(client: Client, email: str = "ada@harbor-pine.example") -> Invitation:
    with clock.at(NOON), tenant_scope(client.tenant.pk):
        invitation = invite(email=email, role="approver", actor=client.actor())
        send_invitation(invitation)
    return invitation


def drained(moment: datetime) -> None:
    with clock.at(moment):
        outbox.drain()


def notice(client: Client) -> Notice:
    with tenant_scope(client.tenant.pk):
        return Notice.objects.get()


def test_an_invitation_arrives_with_a_link_that_opens_it(world: World, post: SmtpSink) -> None:
    invitation = invited(world.harbor)
    drained(NOON)
    [mail] = post.messages
    assert mail["to"] == ["ada@harbor-pine.example"]
    assert mail["subject"] == "Owner Harbor & Pine invites you to Harbor & Pine"
    assert "From: Northlight Operations <" in mail["raw"]
    assert notice(world.harbor).pk.hex in mail["message_id"]
    link = next(line for line in mail["text"].splitlines() if "/invitations/" in line)
    assert link in mail["html"]
    with clock.at(NOON):
        assert get_open_invitation(link.rstrip("/").rsplit("/", 1)[1]).pk == invitation.pk


def test_a_notice_says_that_a_machine_wrote_it(world: World, post: SmtpSink) -> None:
    """Out-of-office replies come back otherwise (RFC 3834)."""
    invited(world.harbor)
    drained(NOON)
    assert "Auto-Submitted: auto-generated" in post.messages[0]["raw"]


def test_owing_a_mail_twice_sends_it_once(world: World, post: SmtpSink) -> None:
    invitation = invited(world.harbor)
    with clock.at(NOON), tenant_scope(world.harbor.tenant.pk):
        send_invitation(invitation)
    drained(NOON)
    assert len(post.messages) == 1
    sent = notice(world.harbor)
    assert (sent.status, sent.sent_at) == ("sent", NOON)
    with tenant_scope(world.harbor.tenant.pk):
        assert Event.objects.filter(verb=Verb.MAIL_SENT, object_id=sent.pk).count() == 1


def test_an_invitation_withdrawn_in_the_meantime_is_not_sent(world: World, post: SmtpSink) -> None:
    invitation = invited(world.harbor)
    with clock.at(NOON), tenant_scope(world.harbor.tenant.pk):
        withdraw_invitation(invitation.pk, actor=world.harbor.actor())
    drained(NOON)
    assert post.messages == []
    assert notice(world.harbor).problem == "The invitation was used or withdrawn."


def test_a_worker_that_died_after_sending_leaves_the_mail_in_doubt_and_sends_it_no_second_time(
    world: World, post: SmtpSink
) -> None:
    invited(world.harbor)
    with clock.at(NOON):
        row = Outbox.objects.get(topic=TOPIC)
        debt = outbox.claim(row.pk)
        assert debt is not None
        with tenant_scope(debt.tenant_id):
            job = notice_job(debt)
        assert isinstance(job, NoticeJob)
        job.perform()  # and here the worker dies: nothing is settled
    assert len(post.messages) == 1
    drained(NOON + timedelta(seconds=5))  # its lease holds still
    assert notice(world.harbor).status == "sending"
    drained(NOON + timedelta(minutes=1))
    drained(NOON + timedelta(days=1))
    assert len(post.messages) == 1
    doubtful = notice(world.harbor)
    assert doubtful.status == "in_doubt"
    with tenant_scope(world.harbor.tenant.pk):
        assert Event.objects.filter(verb=Verb.MAIL_IN_DOUBT, object_id=doubtful.pk).count() == 1
    assert not Outbox.objects.filter(topic=TOPIC).exists()


def test_a_late_settler_writes_nothing(world: World, post: SmtpSink) -> None:
    invited(world.harbor)
    with clock.at(NOON):
        debt = outbox.claim(Outbox.objects.get(topic=TOPIC).pk)
        assert debt is not None
        with tenant_scope(debt.tenant_id):
            job = notice_job(debt)
        assert job is not None
        outcome = job.perform()
    drained(NOON + timedelta(minutes=1))
    with clock.at(NOON + timedelta(minutes=2)), tenant_scope(debt.tenant_id):
        assert outbox.complete(debt) is False
    assert outcome
    assert notice(world.harbor).status == "in_doubt"


def test_a_server_that_drops_the_line_after_taking_the_mail_leaves_it_in_doubt(
    world: World, post: SmtpSink
) -> None:
    post.answer = None
    invited(world.harbor)
    drained(NOON)
    drained(NOON + timedelta(days=1))
    assert len(post.messages) == 1
    assert notice(world.harbor).status == "in_doubt"


def test_no_server_means_five_tries_further_and_further_apart(
    world: World, post: SmtpSink, settings: Any
) -> None:
    settings.EMAIL_PORT = UNUSED_PORT
    invited(world.harbor)
    moment, waits = NOON, []
    while notice(world.harbor).status == "owed":
        drained(moment)
        row = Outbox.objects.filter(topic=TOPIC).first()
        if row is not None:
            waits.append(int((row.due_at - moment).total_seconds() // 60))
            moment = row.due_at
    assert waits == [1, 5, 20, 60]
    failed = notice(world.harbor)
    assert failed.status == "failed"
    assert failed.problem.startswith("The mail server can't be reached")


def test_a_server_that_comes_back_gets_the_mail_once(
    world: World, post: SmtpSink, settings: Any
) -> None:
    port, settings.EMAIL_PORT = post.port, UNUSED_PORT
    invited(world.harbor)
    drained(NOON)
    settings.EMAIL_PORT = port
    drained(NOON + timedelta(minutes=1))
    drained(NOON + timedelta(days=1))
    assert len(post.messages) == 1
    assert notice(world.harbor).status == "sent"


@pytest.mark.parametrize(
    ("answer", "status"), [("550 no such person", "failed"), ("451 come back later", "owed")]
)
def test_a_refusal_is_final_and_come_back_later_is_not(
    world: World, post: SmtpSink, answer: str, status: str
) -> None:
    post.answer = answer
    invited(world.harbor)
    drained(NOON)
    refused = notice(world.harbor)
    assert refused.status == status
    assert answer in refused.problem


def report_mail(client: Client, at: datetime = REPORT_DAY) -> UUID:
    with clock.at(at), tenant_scope(client.tenant.pk):
        report = make_report(MONDAY.date())
        send_report(report)
        send_report(report)
    return report.pk


def test_a_report_goes_to_the_owners_and_nobody_else(world: World, post: SmtpSink) -> None:
    drafts_only(world.harbor, world.staff(world.harbor, world.admin))
    decided(world.harbor, "accept", MONDAY)
    decided(world.harbor, "reject", MONDAY, reason="tone", words="Too <b>stiff</b>.")
    report_mail(world.harbor)
    report_mail(world.quill)
    drained(REPORT_DAY)
    assert [mail["to"] for mail in post.messages] == [
        ["owner@harbor-pine.example"],
        ["owner@quill-books.example"],
    ]
    mail = post.messages[0]
    assert mail["subject"] == (
        "Harbor & Pine: Of two pieces of work, you accepted one as written. Nothing needs you now."
    )
    assert "1 accepted as written (50%)" in mail["text"]
    assert "“Too <b>stiff</b>.”" in mail["text"]
    assert "Too &lt;b&gt;stiff&lt;/b&gt;." in mail["html"]
    assert "/t/harbor-pine/reports/2026-11-09/rejected/" in mail["html"]
    assert "Quill" not in mail["raw"]


def test_a_report_mail_fetches_nothing_and_runs_nothing(world: World, post: SmtpSink) -> None:
    report_mail(world.harbor)
    drained(REPORT_DAY)
    html = post.messages[0]["html"].lower()
    for word in ("<img", "<script", "<link", "url(", "@import", "src="):
        assert word not in html, word


def test_an_owner_who_left_before_it_was_sent_gets_no_report(world: World, post: SmtpSink) -> None:
    client = world.harbor
    report_mail(client)
    add_member(client.tenant, client.viewer, role="owner")
    with clock.at(REPORT_DAY), tenant_scope(client.tenant.pk):
        membership = client.owner.memberships.get()
        end_membership(membership.pk, actor=client.actor(client.viewer))
    drained(REPORT_DAY)
    assert post.messages == []
    assert notice(client).problem == "They are no owner of the business any more."

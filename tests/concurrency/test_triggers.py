"""Schedules and mailboxes under many workers, while people publish and change them."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from email.message import EmailMessage
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from audit import outbox
from audit.models import Outbox
from audit.worker import schedule
from tenants import clock
from tenants.scope import tenant_scope
from tenants.services.tenants import change_tenant
from tests.fakes.doors import allow
from tests.fakes.imap import ImapBox
from tests.workflows.definition_kit import REPLY, definition
from tests.world import World, make_world
from workflows.models import InboundMail, Mailbox, Run, Trigger, Workflow
from workflows.services.definitions import make_workflow, publish
from workflows.services.triggers import DUE
from workflows.triggers.mail.mailboxes import POLL, add_mailbox, change_mailbox, request_poll

THREADS, ROUNDS = 8, 6
DAILY = '{schedule: [{cron: "0 9 * * *", input: {message: Hi}}]}'


@pytest.fixture
def world(committed: None) -> World:
    return make_world()


@pytest.fixture
def box() -> Iterator[ImapBox]:
    with ImapBox() as opened:
        allow(f"127.0.0.1:{opened.port}")
        yield opened


def at_once(*tasks: Any) -> None:
    """Do all of these together, on connections of their own. Raises what one raises."""
    start = Barrier(len(tasks))

    def work(task: Any) -> None:
        try:
            start.wait(20)
            task()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(tasks)) as pool:
        list(pool.map(work, tasks))


def publishing(world: World, workflow: Workflow, on: str) -> Any:
    def task() -> None:
        with tenant_scope(world.harbor.tenant.pk):
            text = definition(REPLY, slug="support", on=on)
            publish(workflow, text=text, actor=world.staff(world.harbor))

    return task


def use(world: World, on: str) -> Workflow:
    text = definition(REPLY, slug="support", on=on)
    return make_workflow(text=text, owner=world.harbor.owner, actor=world.staff(world.harbor))


def no_row_failed() -> None:
    assert not Outbox.objects.filter(failures__gt=0).exists()


def test_a_due_schedule_starts_one_run_under_many_workers_and_publishers(world: World) -> None:
    """D4 for schedules: doubled deliveries, and new versions in the same moment."""
    tenant = world.harbor.tenant.pk
    with tenant_scope(tenant):
        workflow = use(world, DAILY)
        trigger = Trigger.objects.get()
    row = schedule.row_id(DUE, trigger.pk)
    for number in range(1, ROUNDS + 1):
        with tenant_scope(tenant):
            due = clock.now() - timedelta(minutes=ROUNDS + 2 - number)
            Trigger.objects.update(next_due=due)
            schedule.set_due(DUE, trigger.pk, due)
        at_once(
            *[lambda: outbox.handle(row)] * THREADS,
            publishing(world, workflow, DAILY),
            publishing(world, workflow, DAILY),
        )
        outbox.handle(row)  # where every worker came while a version was being published
        with tenant_scope(tenant):
            assert Run.objects.filter(trigger="schedule").count() == number
            assert Trigger.objects.get().pk == trigger.pk
            assert Outbox.objects.filter(topic=DUE).count() == 1
    no_row_failed()


def test_mail_starts_one_run_each_while_the_mailbox_is_changed(world: World, box: ImapBox) -> None:
    """D4 for mail: workers, staff who change and try it, and publishers, all at once."""
    harbor, staff = world.harbor, world.staff(world.harbor)
    with tenant_scope(harbor.tenant.pk):
        change_tenant(harbor.tenant, actor=staff, allowed_hosts=[f"127.0.0.1:{box.port}"])
        mailbox = add_mailbox(
            name="support",
            address="support@harbor.example",
            host="127.0.0.1",
            port=box.port,
            security="none",
            username=box.user,
            password=box.password,
            actor=staff,
        )
        workflow = use(world, "{mail: {mailbox: support}}")
    outbox.drain()
    row = schedule.row_id(POLL, mailbox.pk)

    def changing() -> None:
        with tenant_scope(harbor.tenant.pk):
            change_mailbox(mailbox, every=61, actor=staff)

    def trying() -> None:
        with tenant_scope(harbor.tenant.pk):
            request_poll(mailbox, actor=staff)

    for number in range(ROUNDS):
        mail = EmailMessage()
        mail["From"], mail["Message-ID"] = f"c{number}@c.example", f"<{number}@c.example>"
        mail.set_content("Hello.")
        box.put(mail.as_bytes(), clock.now() + timedelta(seconds=2))
        at_once(
            *[lambda: outbox.handle(row)] * 4,
            changing,
            trying,
            publishing(world, workflow, "{mail: {mailbox: support}}"),
        )
        outbox.drain()
    with tenant_scope(harbor.tenant.pk):
        trying()
    outbox.drain()
    with tenant_scope(harbor.tenant.pk):
        senders = Run.objects.filter(trigger="mail").order_by("id")
        assert [run.asked_by for run in senders] == [f"c{n}@c.example" for n in range(ROUNDS)]
        assert InboundMail.objects.count() == ROUNDS
        assert Mailbox.objects.get().problem == ""
        assert Outbox.objects.filter(topic=POLL).count() == 1
    no_row_failed()

"""Polls of a mailbox on a real IMAP server: each mail is read once, whatever fails."""

from datetime import timedelta

import pytest
from django.db import connection

from audit import outbox
from audit.models import Event, Outbox
from tenants import clock
from tenants.services.keys import set_secret
from tenants.services.tenants import change_tenant, resume_everything, stop_everything
from tests.fakes.imap import ImapBox
from tests.lanes import Lane
from tests.workflows.definition_kit import REPLY, definition
from tests.workflows.triggers.mail.mailbox_kit import (
    CANARY,
    FROM_MAIL,
    add,
    come,
    letter,
    look,
    runs,
)
from workflows.models import Mailbox
from workflows.services import definitions
from workflows.triggers.mail import imap
from workflows.triggers.mail.mailboxes import POLL
from workflows.triggers.mail.poll import poll_mailbox


def test_nothing_in_the_mailbox_is_changed(mailbox: Mailbox, box: ImapBox) -> None:
    """Other programs read it too: no flag is set, and it is opened for reading only."""
    come(box, letter())
    assert [mail.flags for mail in box.mails] == [set()]
    assert box.asked("SELECT") == 0
    assert box.asked("EXAMINE") > 0


def test_mail_that_was_there_before_starts_nothing(lane: Lane, box: ImapBox) -> None:
    staff = lane.world.staff(lane.client)
    change_tenant(lane.tenant(), actor=staff, allowed_hosts=[f"127.0.0.1:{box.port}"])
    for n in range(45):
        old = clock.now() - timedelta(minutes=45 - n)
        box.put(letter(message_id=f"<{n}@old.example>"), old)
    add(lane, box)
    lane.use(definition(REPLY, slug="support", on=FROM_MAIL))
    outbox.drain()
    come(box, letter())
    assert [run.input["message_id"] for run in runs()] == ["<one@customers.example>"]
    assert Mailbox.objects.get().last_uid == 46


def test_many_mails_come_in_batches_each_once(mailbox: Mailbox, box: ImapBox) -> None:
    come(
        box,
        *(
            letter(message_id=f"<{n}@c.example>", sender=f"c{n % 5}@c.example")
            for n in range(2 * imap.BATCH + 5)
        ),
    )
    assert [run.input["message_id"] for run in runs()] == [f"<{n}@c.example>" for n in range(45)]


def test_a_server_that_numbers_anew_loses_and_doubles_nothing(
    mailbox: Mailbox, box: ImapBox
) -> None:
    """UIDVALIDITY changed: numbers start over, and a mail came in between."""
    come(box, *(letter(message_id=f"<{n}@c.example>") for n in range(3)))
    box.put(letter(message_id="<new@c.example>"), clock.now())
    box.renumber(99)
    look()
    ids = [run.input["message_id"] for run in runs()]
    assert ids == ["<0@c.example>", "<1@c.example>", "<2@c.example>", "<new@c.example>"]


def test_a_worker_that_died_before_it_settled_reads_again_and_starts_once(
    mailbox: Mailbox, box: ImapBox
) -> None:
    """The look was made, its result never written; then the result of a late one comes."""
    box.put(letter(), clock.now())
    clock.pass_time(timedelta(minutes=2))
    row = Outbox.objects.get(topic=POLL)
    claimed = outbox.claim(row.pk)
    assert claimed is not None

    late = poll_mailbox(claimed)
    assert late is not None
    fetched = late.perform()  # type: ignore[union-attr]
    assert runs() == []
    look()  # the lease ran out and another worker came
    assert len(runs()) == 1
    assert outbox.complete(claimed) is False
    late.store_result(fetched)  # type: ignore[union-attr]
    outbox.drain()
    assert len(runs()) == 1


# -- What does not -------------------------------------------------------------------------


def test_a_stopped_client_and_a_paused_workflow_leave_mail_where_it_is(
    lane: Lane, mailbox: Mailbox, box: ImapBox
) -> None:
    stop_everything(actor=lane.client.actor())
    come(box, letter())
    asked = len(box.commands)
    look()
    assert runs() == []
    assert len(box.commands) == asked  # not even looked at
    resume_everything(actor=lane.client.actor())
    definitions.pause(lane.workflow, actor=lane.client.actor())
    look()
    assert runs() == []
    definitions.unpause(lane.workflow, actor=lane.client.actor())
    look()
    assert len(runs()) == 1


def test_a_mailbox_that_nothing_starts_from_is_not_read(
    lane: Lane, mailbox: Mailbox, box: ImapBox
) -> None:
    text = definition(REPLY, slug="support")
    definitions.publish(lane.workflow, text=text, actor=lane.world.staff(lane.client))
    look()
    box.commands.clear()
    come(box, letter())
    assert box.commands == []
    assert Outbox.objects.filter(topic=POLL).count() == 0


# -- Failing -------------------------------------------------------------------------------


def verbs() -> list[str]:
    return [v for v in Event.objects.order_by("id").values_list("verb", flat=True) if "mailb" in v]


def test_three_failed_looks_raise_one_alarm_and_its_end_is_recorded(
    mailbox: Mailbox, box: ImapBox
) -> None:
    box.password = "changed"
    for _ in range(5):
        look()
    failing = Mailbox.objects.get()
    assert failing.failures == 5
    assert "Set the password again" in failing.problem
    assert verbs() == ["mailbox.added", "mailbox.failing"]
    box.put(letter(), clock.now())
    box.password = CANARY
    look()
    assert verbs() == ["mailbox.added", "mailbox.failing", "mailbox.works"]
    assert Mailbox.objects.get().problem == ""
    assert len(runs()) == 1


@pytest.mark.parametrize("fault", ["drop", "no", "garbage"])
@pytest.mark.parametrize("command", ["LOGIN", "EXAMINE", "SEARCH", "FETCH", "LOGOUT"])
def test_a_server_that_breaks_off_anywhere_costs_nothing(
    mailbox: Mailbox, box: ImapBox, command: str, fault: str
) -> None:
    box.fault[command] = fault
    come(box, letter())
    look()
    assert len(runs()) == 1
    assert Mailbox.objects.get().problem == ""


def test_a_server_that_repeats_the_password_does_not_make_us_say_it(
    mailbox: Mailbox, box: ImapBox, super_connection: object
) -> None:
    """G5: a refused login answers with what was sent."""
    box.user = "another"
    for _ in range(4):
        look()
    assert Mailbox.objects.get().failures == 4
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(e)::text FROM audit_event e")
        said = [row[0] for row in cursor.fetchall()]
        cursor.execute("SELECT row_to_json(m)::text FROM workflows_mailbox m")
        said += [row[0] for row in cursor.fetchall()]
    assert CANARY not in " ".join(said)


def test_a_host_taken_off_the_list_is_not_called(
    lane: Lane, mailbox: Mailbox, box: ImapBox
) -> None:
    change_tenant(lane.tenant(), actor=lane.world.staff(lane.client), allowed_hosts=["x.example"])
    box.commands.clear()
    come(box, letter())
    assert box.commands == []
    assert "allowed hosts" in Mailbox.objects.get().problem


def test_a_missing_secret_is_a_problem_to_read(lane: Lane, mailbox: Mailbox, box: ImapBox) -> None:
    Mailbox.objects.update(secret="gone")
    come(box, letter())
    assert "There is no secret called gone" in Mailbox.objects.get().problem
    set_secret(name="gone", value=CANARY, actor=lane.world.staff(lane.client))
    look()
    assert len(runs()) == 1


def test_a_slow_server_is_left_for_a_while_and_nothing_is_skipped(
    mailbox: Mailbox, box: ImapBox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each look then brings one mail only."""
    monkeypatch.setattr(imap, "LONGEST_POLL", -1)
    came = [letter(message_id=f"<{n}@c.example>") for n in range(4)]
    came[1] = letter(message_id="<1@c.example>", Precedence="bulk")
    come(box, *came)
    ids = [run.input["message_id"] for run in runs()]
    assert ids == ["<0@c.example>", "<2@c.example>", "<3@c.example>"]
    assert box.asked("LOGIN") >= 4

"""Mailboxes are added and changed by staff, with what is wrong said at once."""

from datetime import timedelta

import pytest

from audit import outbox
from audit.models import Outbox
from tenants import clock
from tenants.errors import Conflict, DomainError, Forbidden, Invalid
from tenants.services.tenants import change_tenant
from tests.fakes.imap import ImapBox
from tests.lanes import Lane
from tests.workflows.definition_kit import REPLY, definition
from tests.workflows.triggers.mail.mailbox_kit import add, come, letter, look, runs
from workflows.definitions.problems import DefinitionError
from workflows.models import Mailbox
from workflows.services import definitions
from workflows.triggers.mail import mailboxes
from workflows.triggers.mail.mailboxes import POLL


def test_a_mailbox_is_looked_into_once_when_it_is_added(lane: Lane, box: ImapBox) -> None:
    """The connection is tried by a worker, not in the request."""
    change_tenant(
        lane.tenant(),
        actor=lane.world.staff(lane.client),
        allowed_hosts=[f"127.0.0.1:{box.port}"],
    )
    made = add(lane, box, folder="Nowhere")
    assert box.commands == []
    outbox.drain()
    assert "no folder Nowhere" in Mailbox.objects.get().problem
    mailboxes.change_mailbox(made, actor=lane.world.staff(lane.client), folder="INBOX")
    outbox.drain()
    assert Mailbox.objects.get().problem == ""
    assert Mailbox.objects.get().worked_at == clock.now()
    look()
    assert Outbox.objects.filter(topic=POLL).count() == 0


@pytest.mark.parametrize(
    ("changes", "error", "said"),
    [
        ({"host": "elsewhere.example"}, Invalid, "allowed hosts"),
        ({"port": 1}, Invalid, "allowed hosts"),
        ({"password": ""}, Invalid, "Give the password"),
        ({"every": 1}, Invalid, "Look every"),
        ({"address": "nonsense"}, Invalid, "valid email"),
        ({"security": "rot13"}, Invalid, "valid choice"),
        ({"name": "support"}, Conflict, "already"),
    ],
)
def test_a_mailbox_that_can_not_be_is_refused(
    lane: Lane,
    mailbox: Mailbox,
    box: ImapBox,
    changes: dict[str, object],
    error: type[DomainError],
    said: str,
) -> None:
    with pytest.raises(error) as refused:
        add(lane, box, **({"name": "second"} | changes))
    assert said in refused.value.message


def test_the_client_does_not_set_mailboxes(lane: Lane, mailbox: Mailbox) -> None:
    with pytest.raises(Forbidden):
        mailboxes.change_mailbox(mailbox, actor=lane.client.actor(), folder="x")


@pytest.mark.parametrize(
    ("on", "said"),
    [
        ("{mail: {mailbox: nowhere}}", "There is no mailbox called nowhere."),
        ("{mail: {mailbox: support}}", "Mail to support starts support already."),
        ("{mail: {mailbox: support, input: {from: me}}}", "from comes from the mail"),
        ("{mail: {mailbox: Support}}", "String should match"),
        ("{carrier-pigeon: {}}", "There is no such setting here."),
    ],
)
def test_what_is_wrong_with_a_mail_trigger_is_said(
    lane: Lane, mailbox: Mailbox, on: str, said: str
) -> None:
    with pytest.raises(DefinitionError) as refused:
        definitions.check(definition(REPLY, slug="second", on=on))
    assert said in str([p.message for p in refused.value.problems])
    assert all(p.line == 6 for p in refused.value.problems)


def test_moving_to_another_mailbox_begins_there_with_what_comes(
    lane: Lane, mailbox: Mailbox, box: ImapBox
) -> None:
    come(box, letter())
    box.folder = "Help"
    box.uidvalidity, box.mails, box.next_uid = 1, [], 1
    box.put(letter(message_id="<old@c.example>"), clock.now() - timedelta(hours=2))
    mailboxes.change_mailbox(mailbox, actor=lane.world.staff(lane.client), folder="Help")
    come(box, letter(message_id="<new@c.example>"))
    assert [run.input["message_id"] for run in runs()][1:] == ["<new@c.example>"]

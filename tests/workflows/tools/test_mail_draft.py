"""Drafts in a mailbox over IMAP: saved once, removed only as they were saved, never sent."""

from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes, policy
from typing import Any

import pytest

from approvals.decisions.undo import ask_undo
from approvals.gate.tools import add_tool
from approvals.models import ReviewItem
from audit import outbox
from tenants.errors import Invalid
from tenants.services.tenants import change_tenant
from tests.fakes.doors import allow
from tests.fakes.imap import ImapBox
from tests.lanes import Lane
from workflows.models import Mailbox
from workflows.tools import ToolFailed, ToolInDoubt, ToolRequest, mail_draft
from workflows.triggers.mail.mailboxes import add_mailbox

SAVE = {"mailbox": "support", "folder": "Drafts"}
REMOVE = SAVE | {"does": "remove"}
GOOD = {
    "to": "mia@customers.example",
    "subject": "Your lamp",
    "body": "It is on its way.\n",
    "in_reply_to": "<CAF-1@mail.customers.example>",
}


@pytest.fixture
def box() -> Iterator[ImapBox]:
    with ImapBox() as opened:
        opened.folder = "Drafts"
        allow(f"127.0.0.1:{opened.port}")
        yield opened


@pytest.fixture
def mailbox(lane: Lane, box: ImapBox) -> Mailbox:
    actor = lane.world.staff(lane.client)
    change_tenant(lane.tenant(), actor=actor, allowed_hosts=[f"127.0.0.1:{box.port}"])
    return add_mailbox(
        name="support",
        actor=actor,
        address="support@harbor-pine.example",
        host="127.0.0.1",
        port=box.port,
        security="none",
        username=box.user,
        password=box.password,
    )


def request_of(
    lane: Lane, args: dict[str, Any], settings: dict[str, Any] | None = None
) -> ToolRequest:
    resolved = mail_draft.resolve(settings or SAVE, lane.tenant())
    return ToolRequest("mail_draft", resolved, args, "the-key")


@pytest.mark.usefixtures("mailbox")
def test_a_draft_is_in_the_mailbox_and_nowhere_else(lane: Lane, box: ImapBox) -> None:
    mail_draft.check(SAVE, GOOD, lane.tenant(), frozenset({"mailbox-support"}))
    made = mail_draft.carry_out(request_of(lane, GOOD))
    (kept,) = box.mails
    letter = message_from_bytes(kept.raw, policy=policy.default)
    assert (letter["To"], letter["Subject"]) == (GOOD["to"], GOOD["subject"])
    assert letter["In-Reply-To"] == letter["References"] == GOOD["in_reply_to"]
    assert letter["Message-ID"] == made["message_id"]
    assert letter.get_content() == GOOD["body"].replace("\n", "\r\n")
    assert kept.flags == {"\\Draft", "\\Seen"}
    assert lane.post.messages == []


@pytest.mark.usefixtures("mailbox")
def test_a_draft_that_is_tried_again_is_saved_once(lane: Lane, box: ImapBox) -> None:
    """D4: the connection ended after the server took it; the next try finds it."""
    box.fault["APPENDED"] = "drop"
    with pytest.raises(ToolInDoubt):
        mail_draft.carry_out(request_of(lane, GOOD))
    again = mail_draft.carry_out(request_of(lane, GOOD))
    assert again["was_there"] is True
    other = mail_draft.carry_out(replace(request_of(lane, GOOD), key="another-key"))
    assert (other["was_there"], len(box.mails)) == (False, 2)


@pytest.mark.parametrize("uidplus", [True, False])
@pytest.mark.usefixtures("mailbox")
def test_saving_and_removing_leaves_the_folder_as_before(
    lane: Lane, box: ImapBox, uidplus: bool
) -> None:
    box.uidplus = uidplus
    box.put(b"Message-ID: <of-a-person@x.example>\r\n\r\nHi")
    made = mail_draft.carry_out(request_of(lane, GOOD))
    args = {"message_id": made["message_id"]}
    mail_draft.check(REMOVE, args, lane.tenant(), frozenset({"mailbox-support"}))
    done = mail_draft.carry_out(request_of(lane, args, REMOVE))
    assert done["draft"] == ("removed" if uidplus else "marked as deleted")
    left = [mail for mail in box.mails if "\\Deleted" not in mail.flags]
    assert [b"of-a-person" in mail.raw for mail in left] == [True]
    with pytest.raises(ToolFailed, match="somebody has changed, sent or removed it"):
        mail_draft.carry_out(request_of(lane, args, REMOVE))


@pytest.mark.parametrize(
    ("fault", "retryable", "said"),
    [
        ({"LOGIN": "no"}, False, "refused the user name or the password"),
        ({"SELECT": "no"}, False, "There is no folder Drafts there"),
        ({"SELECTED": "READ-ONLY"}, False, "may only be read"),
        ({"LOGIN": "drop"}, True, "ended the connection"),
        ({"APPEND": "no"}, False, "It took no draft"),
    ],
)
@pytest.mark.usefixtures("mailbox")
def test_what_goes_wrong_before_it_is_taken_is_no_doubt(
    lane: Lane, box: ImapBox, fault: dict[str, str], retryable: bool, said: str
) -> None:
    box.fault.update(fault)
    with pytest.raises(ToolFailed, match=said) as failed:
        mail_draft.carry_out(request_of(lane, GOOD))
    assert failed.value.retryable is retryable
    assert box.password not in str(failed.value)
    assert box.mails == []


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"mailbox": "support"},
        {"mailbox": "", "folder": "Drafts"},
        SAVE | {"folder": 'Dra"\r\nfts'},
        SAVE | {"does": "send"},
        SAVE | {"host": "evil.example"},
    ],
)
def test_wrong_settings_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        mail_draft.check_settings(settings)


@pytest.mark.usefixtures("mailbox")
def test_what_can_not_be_drafted_is_refused_before(lane: Lane) -> None:
    kept, tenant = frozenset({"mailbox-support"}), lane.tenant()
    mail_draft.check_settings(SAVE)
    for args in (GOOD | {"to": "a@b.example, c@d.example"}, GOOD | {"body": " "}):
        with pytest.raises(Invalid):
            mail_draft.check(SAVE, args, tenant, kept)
    for args in ({}, {"message_id": "1:*"}, {"message_id": '<a@b" UNSEEN>', "to": "x"}):
        with pytest.raises(Invalid):
            mail_draft.check(REMOVE, args, tenant, kept)
    with pytest.raises(Invalid, match="no mailbox other"):
        mail_draft.check(SAVE | {"mailbox": "other"}, GOOD, tenant, kept)
    with pytest.raises(Invalid, match="is not kept here"):
        mail_draft.check(SAVE, GOOD, tenant, frozenset())
    change_tenant(tenant, actor=lane.world.staff(lane.client), allowed_hosts=[])
    with pytest.raises(Invalid, match="not among this client's allowed hosts"):
        mail_draft.check(SAVE, GOOD, lane.tenant(), kept)


def declared(lane: Lane) -> None:
    """A tool that saves drafts, with the one that removes them as its undo."""
    actor = lane.world.staff(lane.client)
    text = {"type": "string"}
    made: dict[str, Any] = {"adapter": "mail_draft", "effect": "write", "actor": actor}
    add_tool(
        name="support.remove",
        title="Remove a draft",
        kind="delete",
        settings=REMOVE,
        args_schema={
            "type": "object",
            "required": ["message_id"],
            "properties": {"message_id": text},
        },
        **made,
    )
    add_tool(
        name="support.draft",
        title="Draft an answer",
        kind="edit",
        settings=SAVE,
        takes_key=True,
        args_schema={
            "type": "object",
            "required": ["to", "subject", "body"],
            "properties": dict.fromkeys(("to", "subject", "body"), text),
        },
        undo_tool="support.remove",
        undo_args={"message_id": "result.message_id"},
        **made,
    )


DRAFTS = """
workflow: drafts
rung: execute_with_approval
brief: {why: Answers wait in the mailbox.}
steps:
  - name: draft
    act:
      tool: support.draft
      args: {to: "input.from", subject: "input.subject", body: "input.message"}
"""


@pytest.mark.usefixtures("mailbox")
def test_an_approved_draft_is_saved_and_its_undo_takes_it_back(lane: Lane, box: ImapBox) -> None:
    """D7"""
    declared(lane)
    lane.use(DRAFTS)
    lane.start()
    assert box.mails == []
    lane.decide()
    assert lane.statuses() == {"draft": "executed"}
    assert len(box.mails) == 1
    item = ReviewItem.objects.get(kind="proposal")
    ask_undo(item.pk, actor=lane.client.actor())
    outbox.drain()
    assert (lane.statuses(), box.mails) == ({"draft": "undone"}, [])
    assert lane.post.messages == []

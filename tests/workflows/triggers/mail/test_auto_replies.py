"""Mails of machines, lists and our own start nothing; a person's mail does."""

import pytest

from tests.fakes.imap import ImapBox
from tests.workflows.triggers.mail.mailbox_kit import come, letter, rows, runs
from workflows.models import Mailbox


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (letter(Auto_Submitted="auto-replied"), "by a machine"),
        (letter(Auto_Submitted="auto-generated; type=x"), "by a machine"),
        (letter(X_Autoreply="yes"), "by a machine"),
        (letter(Precedence="bulk"), "in bulk"),
        (letter(List_Id="<news.example>"), "to a list"),
        (letter(Return_Path="<>"), "bounce"),
        (letter(sender="MAILER-DAEMON@mx.example"), "takes no answers"),
        (letter(sender="hello@harbor-pine.example"), "of our own"),
        (letter(sender="Support <SUPPORT@harbor.example>"), "of our own"),
        (letter(message_id="<abc@localhost.localdomain>"), "sent by us"),
        (letter(sender="undisclosed"), "names no sender"),
        (
            b"From: mx@mx.example\r\nContent-Type: multipart/report; boundary=b\r\n\r\n--b--\r\n",
            "bounce",
        ),
    ],
)
def test_machines_lists_and_our_own_mail_start_nothing(
    mailbox: Mailbox, box: ImapBox, raw: bytes, why: str
) -> None:
    """Two machines that answer each other would never stop."""
    come(box, raw, letter())
    assert len(runs()) == 1
    outcome, said = rows()[0]
    assert outcome == "ignored"
    assert why in said


def test_an_ordinary_auto_submitted_no_is_a_person(mailbox: Mailbox, box: ImapBox) -> None:
    come(box, letter(Auto_Submitted="no"))
    assert len(runs()) == 1


@pytest.mark.parametrize("sender", ["noreply@shop.example", "support@harbor.example"])
def test_a_contact_form_of_the_clients_own_is_a_person(
    mailbox: Mailbox, box: ImapBox, sender: str
) -> None:
    come(box, letter(sender=sender, Reply_To="ada@buyer.example"))
    assert [run.input["from"] for run in runs()] == ["ada@buyer.example"]


@pytest.mark.parametrize("to", ["support@harbor.example", "noreply@shop.example", "nonsense"])
def test_an_answer_that_would_go_to_ourselves_or_a_machine_goes_to_the_sender(
    mailbox: Mailbox, box: ImapBox, to: str
) -> None:
    come(box, letter(Reply_To=to))
    assert [run.input["from"] for run in runs()] == ["mia@customers.example"]
    assert "sent_by" not in runs()[0].input


@pytest.mark.parametrize(
    "headers",
    [
        {"Precedence": "list", "List_ID": "<support.harbor.example>"},
        {"List_ID": '"Help" <Support.Harbor.example>', "List_Unsubscribe": "<mailto:x@y.example>"},
        {"Precedence": "list", "Mailing_list": "list support@harbor.example; contact x@y.example"},
        {"List_Id": "<a1.groups.example>", "List_Post": "<mailto:support@harbor.example>"},
        {"Precedence": "bulk", "List_ID": "<support.harbor.example>"},
    ],
)
def test_the_mailboxs_own_group_is_no_list(
    mailbox: Mailbox, box: ImapBox, headers: dict[str, str]
) -> None:
    come(box, letter(**headers))
    assert len(runs()) == 1


@pytest.mark.parametrize(
    "headers",
    [
        {"Precedence": "junk", "List_ID": "<support.harbor.example>"},
        {"Precedence": "bulk"},
        {"List_ID": "<news.harbor.example>"},
        {"List_ID": "<not-support.harbor.example>"},
        {"Precedence": "list", "List_Post": "<mailto:all@harbor.example>"},
    ],
)
def test_another_list_is_one(mailbox: Mailbox, box: ImapBox, headers: dict[str, str]) -> None:
    come(box, letter(**headers))
    assert runs() == []

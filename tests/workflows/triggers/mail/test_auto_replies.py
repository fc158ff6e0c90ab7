"""Mails of machines, lists and our own start nothing; a person's mail does."""

import pytest

from tests.fakes.imap import ImapBox
from tests.workflows.triggers.mail.mailbox_kit import come, letter, rows, runs
from workflows.models import Mailbox
from workflows.triggers.mail.auto_replies import reply_address, why_ignored


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


OWN = ("support@harbor.example", " Sales@Harbor.example ", "")


def why(sender: str = "mia@c.example", kind: str = "text/plain", **headers: str) -> str:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return why_ignored(lambda name: given.get(name, ""), sender, OWN, kind)


@pytest.mark.parametrize(
    ("reply_to", "answered"),
    [
        ("", "web@forms.example"),
        (" ", "web@forms.example"),
        ("Ada@buyer.example", "Ada@buyer.example"),
        ("SUPPORT@harbor.example", "web@forms.example"),
        ("sales@harbor.example", "web@forms.example"),
        ("noreply@shop.example", "web@forms.example"),
        ("No-Reply@shop.example", "web@forms.example"),
        ("postmaster@shop.example", "web@forms.example"),
        ("replies@shop.example", "replies@shop.example"),
    ],
)
def test_the_answer_goes_to_whom_a_mail_names_unless_that_is_a_machine_or_ourselves(
    reply_to: str, answered: str
) -> None:
    assert reply_address("web@forms.example", reply_to, OWN) == answered


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, ""),
        ({"sender": ""}, "It names no sender, or more than one."),
        ({"sender": "Support@Harbor.example"}, "It comes from an address of our own."),
        ({"kind": "multipart/report"}, "It is a bounce or a receipt."),
        ({"return_path": " <> "}, "It is a bounce or a receipt."),
        ({"return_path": "<mia@c.example>"}, ""),
        ({"auto_submitted": "No"}, ""),
        ({"auto_submitted": "no; x"}, ""),
        ({"auto_submitted": "auto-replied"}, "It was sent by a machine, as an automatic reply is."),
        ({"x_autorespond": "1"}, "It was sent by a machine, as an automatic reply is."),
        ({"precedence": "Auto_Reply"}, "It was sent to a list or in bulk."),
        ({"precedence": "list"}, "It was sent to a list or in bulk."),
        ({"precedence": "first-class"}, ""),
        ({"list_id": "<news.example>"}, "It was sent to a list or in bulk."),
        ({"list_id": "<support.harbor.example>"}, ""),
        ({"list_id": "<sales.harbor.example>", "precedence": "bulk"}, ""),
        ({"sender": "MAILER-DAEMON@mx.example"}, "Its sender takes no answers."),
        ({"sender": "noreply@shop.example"}, "Its sender takes no answers."),
        ({"sender": "noreply@shop.example", "reply_to": "ada@b.example"}, ""),
        ({"sender": "postmaster@mx.example", "reply_to": "a@b.example"},
         "Its sender takes no answers."),
        ({"sender": "support@harbor.example", "reply_to": "ada@b.example"}, ""),
    ],
)  # fmt: skip
def test_a_mail_that_starts_nothing_says_why(given: dict[str, str], said: str) -> None:
    assert why(**given) == said

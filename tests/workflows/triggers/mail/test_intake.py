"""Mails that came: the run each starts, its input, and who asked for it."""

from datetime import UTC, datetime

import pytest

from tests.fakes.imap import ImapBox
from tests.lanes import Lane
from tests.workflows.definition_kit import REPLY, definition
from tests.workflows.triggers.mail.mailbox_kit import come, letter, look, rows, runs
from workflows.models import InboundMail, Mailbox, Trigger
from workflows.services import definitions
from workflows.services.runs import start_run
from workflows.triggers.mail import imap, intake, mime
from workflows.triggers.starting import STARTER


def test_a_mail_starts_a_run(mailbox: Mailbox, box: ImapBox) -> None:
    come(box, letter(In_Reply_To="<before@harbor.example>"))
    (run,) = runs()
    assert run.input == {
        "from": "mia@customers.example",
        "subject": "Broken lamp",
        "message": "My lamp is broken.",
        "message_id": "<one@customers.example>",
        "in_reply_to": "<before@harbor.example>",
        "attachments": [],
    }
    assert run.asked_by == "mia@customers.example"
    assert run.status == "waiting"
    row = InboundMail.objects.get()
    assert (row.outcome, row.run_id, row.sender) == ("started", run.pk, "mia@customers.example")
    assert Trigger.objects.get().last_run_id == run.pk
    look()
    look()
    assert len(runs()) == 1


def test_the_same_mail_delivered_twice_starts_one_run(mailbox: Mailbox, box: ImapBox) -> None:
    """Sent to two addresses that lead to one mailbox; a list may add a line to one."""
    come(box, letter(), letter(), letter("My lamp is broken.\n-- \nVia the list"))
    assert len(runs()) == 1
    assert [outcome for outcome, _ in rows()] == ["started", "ignored", "ignored"]


def test_somebody_elses_mail_with_the_same_id_is_not_lost(mailbox: Mailbox, box: ImapBox) -> None:
    """Whoever guesses a Message-ID can't keep another's mail from starting its run."""
    come(box, letter(sender="eve@elsewhere.example"), letter())
    assert [run.asked_by for run in runs()] == ["eve@elsewhere.example", "mia@customers.example"]


def test_mail_without_an_id_is_told_apart_by_what_it_says(mailbox: Mailbox, box: ImapBox) -> None:
    come(box, letter("One.", message_id=""), letter("Two.", message_id=""))
    come(box, letter("One.", message_id=""))
    assert [run.input["message"] for run in runs()] == ["One.", "Two."]


def test_added_input_goes_along(lane: Lane, mailbox: Mailbox, box: ImapBox) -> None:
    text = definition(
        REPLY, slug="support", on="{mail: {mailbox: support, input: {channel: shop, n: 3}}}"
    )
    definitions.publish(lane.workflow, text=text, actor=lane.world.staff(lane.client))
    come(box, letter())
    assert {"channel": "shop", "n": 3, "from": "mia@customers.example"}.items() <= runs()[
        0
    ].input.items()


def test_no_client_takes_a_mails_place_with_its_key(
    lane: Lane, mailbox: Mailbox, box: ImapBox
) -> None:
    """W1, W2: keys of clients live in a space of their own, apart from ours."""
    sent = mime.read(letter(message_id="<first@c.example>"))
    for key in (f"mail:{mailbox.pk}:{sent.key}", f"mail:{mailbox.pk}:<first@c.example>"):
        start_run(
            lane.workflow, input={"message": "x"}, trigger="api", actor=STARTER, idempotency_key=key
        )
    come(box, letter(message_id="<first@c.example>"))
    assert [run.input["message_id"] for run in runs()] == ["<first@c.example>"]


def test_whoever_is_answered_is_shown_beside_whoever_sent(mailbox: Mailbox, box: ImapBox) -> None:
    """A contact form sends from the website. The answer goes to whom it names for it."""
    form = letter(sender="Web <web@forms.example>", Reply_To="Ada Berg <Ada@buyer.example>")
    come(box, form)
    (run,) = runs()
    assert (run.input["from"], run.input["sent_by"]) == ("Ada@buyer.example", "web@forms.example")
    assert run.asked_by == "Ada@buyer.example, sent by web@forms.example"
    row = InboundMail.objects.get()
    assert (row.sender, row.reply_to) == ("web@forms.example", "ada@buyer.example")


def test_a_long_address_does_not_push_the_sender_out_of_sight(
    mailbox: Mailbox, box: ImapBox
) -> None:
    """Somebody who asks for the answer elsewhere is still seen to have sent it."""
    far = f"{'a' * 60}@{'b' * 60}.{'c' * 60}.example"
    come(box, letter(sender="mallory@evil.example", Reply_To=far))
    (run,) = runs()
    assert run.asked_by.endswith(", sent by mallory@evil.example")
    assert "…" in run.asked_by
    assert len(run.asked_by) <= 160


def test_a_mail_without_readable_text_starts_nothing_and_says_so(
    mailbox: Mailbox, box: ImapBox
) -> None:
    picture = letter("\u00a0\u200b\n")
    come(box, picture)
    assert runs() == []
    assert rows() == [("refused", "It has no text that we can read. Look into the mailbox.")]


def raw(uid: int, content: bytes, **more: bool) -> imap.Raw:
    return imap.Raw(uid, datetime(2026, 11, 17, tzinfo=UTC), len(content), content, **more)


def test_mails_are_read_apart_and_one_that_can_not_be_read_says_why() -> None:
    new = (raw(1, letter()), raw(2, b"From: a@b.example\r\n\r\n" * 20_000))
    waiting = (raw(3, b"", is_gone=True),)
    found = intake.read_mails(imap.Fetched(mails=new, waiting=waiting))
    assert [(one.uid, one.mail is not None) for one in found.new] == [(1, True), (2, True)]
    assert found.waiting == (
        intake.ReceivedMail(3, None, "It was gone from the mailbox before its turn."),
    )


@pytest.mark.parametrize(
    ("answered", "sender", "said"),
    [
        ("mia@c.example", "mia@c.example", "mia@c.example"),
        ("Mia@C.example", "mia@c.example", "Mia@C.example"),
        ("ada@b.example", "web@f.example", "ada@b.example, sent by web@f.example"),
        ("x" * 200, "X" * 200, "x" * 160),
        ("a" * 75, "b" * 75, f"{'a' * 75}, sent by {'b' * 75}"),
        ("a" * 76, "b", f"{'a' * 37}…{'a' * 37}, sent by b"),
    ],
)
def test_both_who_is_answered_and_who_sent_are_named(answered: str, sender: str, said: str) -> None:
    assert intake.asked_by(answered, sender) == said
    assert len(said) <= intake.LONGEST_ASKED_BY

"""Senders that write often wait for room, in their order, and lose nothing."""

from tenants import clock
from tests.fakes.imap import ImapBox
from tests.lanes import Lane
from tests.workflows.triggers.mail.mailbox_kit import come, letter, look, rows, runs
from workflows.models import Mailbox
from workflows.triggers.mail import mailboxes


def test_a_machine_that_hides_is_stopped_after_twenty_an_hour(
    mailbox: Mailbox, box: ImapBox
) -> None:
    come(box, *(letter(message_id=f"<{n}@bot.example>") for n in range(25)))
    assert len(runs()) == 20
    assert "may be a machine" in rows()[-1][1]


def numbered(count: int, sender: str = "orders@shop.example", **headers: str) -> list[bytes]:
    made = (f"<{n}.{sender}>" for n in range(count))
    return [letter(sender=sender, message_id=one, **headers) for one in made]


def ids() -> list[str]:
    return [run.input["message_id"] for run in runs()]


def test_who_writes_often_waits_and_loses_nothing(mailbox: Mailbox, box: ImapBox) -> None:
    """A shop sends each order from one address; they are worked on in their order."""
    come(box, *numbered(45))
    assert ids() == [f"<{n}.orders@shop.example>" for n in range(20)]
    assert [outcome for outcome, _ in rows()].count("waiting") == 25
    asked = box.asked("FETCH")
    look(1)
    look(1)
    assert box.asked("FETCH") == asked  # no busy loop: there is no room yet
    come(box, letter(message_id="<other@c.example>"))
    assert "<other@c.example>" in ids()  # nobody else waits for them
    for _ in range(5):
        look(30)
    mine = [one for one in ids() if "orders" in one]
    assert mine == [f"<{n}.orders@shop.example>" for n in range(45)]
    assert "waiting" not in [outcome for outcome, _ in rows()]


def test_a_new_mail_does_not_overtake_one_that_waits(mailbox: Mailbox, box: ImapBox) -> None:
    come(box, *numbered(22))
    for n in range(3):
        box.put(letter(sender="orders@shop.example", message_id=f"<late{n}@x>"), clock.now())
    for _ in range(3):
        look(61)
    assert ids()[20:] == [
        "<20.orders@shop.example>",
        "<21.orders@shop.example>",
        "<late0@x>",
        "<late1@x>",
        "<late2@x>",
    ]


def test_many_senders_that_ask_for_one_answer_are_braked(mailbox: Mailbox, box: ImapBox) -> None:
    """Nobody is sent more answers than that by strangers who name them for it."""
    victim = "ada@buyer.example"
    made = [one for n in range(25) for one in numbered(1, f"m{n}@evil.example", Reply_To=victim)]
    come(box, *made)
    assert len(runs()) == 20


def test_what_is_gone_before_its_turn_is_said(mailbox: Mailbox, box: ImapBox) -> None:
    come(box, *numbered(21))
    box.mails.pop()
    look(61)
    assert len(runs()) == 20
    assert rows()[-1] == ("refused", "It was gone from the mailbox before its turn.")


def test_a_server_that_numbers_anew_keeps_those_that_wait(mailbox: Mailbox, box: ImapBox) -> None:
    come(box, *numbered(25))
    box.renumber(99)
    for _ in range(4):
        look(61)
    assert sorted(ids()) == sorted(f"<{n}.orders@shop.example>" for n in range(25))


def test_another_mailbox_ends_the_waiting(lane: Lane, mailbox: Mailbox, box: ImapBox) -> None:
    come(box, *numbered(21))
    mailboxes.change_mailbox(mailbox, actor=lane.world.staff(lane.client), folder="Other")
    assert rows()[-1] == ("ignored", "The mailbox was changed to another before its turn.")

"""Drafts over IMAP: what is saved, what is found again, and what is left alone."""

from datetime import UTC, datetime

import pytest

from tests.fakes.doors import allow
from tests.fakes.imap import ImapBox
from workflows.triggers.mail.imap import ImapAddress
from workflows.triggers.mail.imap_drafts import DraftFailed, remove_draft, save_draft

ID = "<a-key@handrail.example>"
CONTENT = f"Message-ID: {ID}\r\nSubject: Hi\r\n\r\nText\r\n".encode()
NOW = datetime(2026, 11, 17, 12, 0, tzinfo=UTC)


def address_of(box: ImapBox) -> ImapAddress:
    allow(f"127.0.0.1:{box.port}")
    box.folder = "Drafts"
    return ImapAddress("127.0.0.1", box.port, "none", box.user, box.password, "Drafts")


def test_a_draft_that_is_there_is_not_saved_again() -> None:
    with ImapBox() as box:
        address = address_of(box)
        assert save_draft(address, ID, CONTENT, NOW) is True
        assert save_draft(address, ID, CONTENT, NOW) is False
        (kept,) = box.mails
        assert kept.raw.startswith(b"X-Handrail-Draft: ")
        assert kept.raw.endswith(CONTENT)


def test_a_draft_is_removed_alone() -> None:
    with ImapBox() as box:
        address = address_of(box)
        save_draft(address, ID, CONTENT, NOW)
        other = box.put(CONTENT.replace(b"a-key", b"another"))
        box.mails[-1].flags.add("\\Deleted")  # a person marked it, and did not empty the bin
        remove_draft(address, ID)
        assert [mail.uid for mail in box.mails] == [other]
        with pytest.raises(DraftFailed, match="somebody has changed") as failed:
            remove_draft(address, ID)
        assert (failed.value.is_begun, failed.value.may_pass) == (False, False)


@pytest.mark.parametrize(
    ("before", "after"), [(b"Text", b"Texts"), (b"Hi", b"Ho"), (b"X-Handrail-Draft", b"X-Other")]
)
def test_a_draft_that_somebody_changed_is_left_alone(before: bytes, after: bytes) -> None:
    """D7: also where their mail program kept the Message-ID."""
    with ImapBox() as box:
        address = address_of(box)
        save_draft(address, ID, CONTENT, NOW)
        box.mails[0].raw = box.mails[0].raw.replace(before, after)
        with pytest.raises(DraftFailed, match="somebody has changed"):
            remove_draft(address, ID)
        assert len(box.mails) == 1


@pytest.mark.parametrize(
    ("fault", "is_begun", "may_pass"),
    [
        ({"SEARCH": "drop"}, False, True),
        ({"APPEND": "drop"}, True, True),
        ({"LOGIN": "garbage"}, False, True),
    ],
)
def test_a_failure_says_whether_the_server_may_have_it(
    fault: dict[str, str], is_begun: bool, may_pass: bool
) -> None:
    """D4"""
    with ImapBox() as box:
        address = address_of(box)
        box.fault.update(fault)
        with pytest.raises(DraftFailed) as failed:
            save_draft(address, ID, CONTENT, NOW)
        assert (failed.value.is_begun, failed.value.may_pass) == (is_begun, may_pass)

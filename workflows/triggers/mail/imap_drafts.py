"""Drafts in a folder of a mailbox over IMAP: saved once by their Message-ID, removed as they were.

A draft carries the hash of its own content, because mail programs may keep the Message-ID of one
that somebody changed: such a draft is never touched.
"""

import hashlib
import imaplib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from workflows.triggers.mail.imap import ImapAddress, body_of, problem_of
from workflows.triggers.mail.imap_connection import BoundedMailBox, MailboxAppendError

FLAGS = ("\\Draft", "\\Seen")
MARK = re.compile(rb"^X-Handrail-Draft: ([0-9a-f]{64})\r\n")
UID = re.compile(rb"[0-9]{1,10}")
NOT_THERE = "It is not among the drafts as it was saved: somebody has changed, sent or removed it."


class DraftFailed(Exception):
    """Failure to save or remove a draft, as a sentence. ``is_begun``: it may be done all the same.

    ``may_pass``: another try may help.
    """

    def __init__(self, message: str, *, is_begun: bool = False, may_pass: bool = False) -> None:
        super().__init__(message)
        self.is_begun = is_begun
        self.may_pass = may_pass


def save_draft(address: ImapAddress, message_id: str, content: bytes, when: datetime) -> bool:
    """Save a draft unless it is there already, and return whether it was new.

    Raises DraftFailed.
    """
    with _folder(address) as (box, begun):
        if _uids(box, message_id):
            return False
        begun.append("APPEND")
        try:
            box.append(_marked(content), address.folder, dt=when, flag_set=FLAGS)
        except MailboxAppendError as error:
            said = "It took no draft. Look whether the mailbox is full, or its folder closed."
            raise DraftFailed(said) from error
        return True


def remove_draft(address: ImapAddress, message_id: str) -> bool:
    """Remove a draft; return whether it is gone, or only marked as deleted.

    Raises DraftFailed, also where it is not there as it was saved.
    """
    with _folder(address) as (box, begun):
        uids = [uid for uid in _uids(box, message_id) if _is_as_saved(body_of(box, int(uid)))]
        if not uids:
            raise DraftFailed(NOT_THERE)
        begun.append("STORE")
        # Without UIDPLUS (RFC 4315) this would remove what others marked, so it stays marked.
        is_expunged = "UIDPLUS" in box.client.capabilities
        for uid in uids:
            box.client.uid("STORE", uid, "+FLAGS.SILENT", r"(\Deleted)")
            if is_expunged:
                box.client.uid("EXPUNGE", uid)
        return is_expunged


@contextmanager
def _folder(address: ImapAddress) -> Iterator[tuple[BoundedMailBox, list[str]]]:
    """Open a folder for changes; yield it and the list of what was begun that can't be unsaid."""
    box: BoundedMailBox | None = None
    begun: list[str] = []
    try:
        box = BoundedMailBox(address.host, address.port, address.security)
        box.sign_in(address.username, address.password)
        box.folder.set(address.folder)
        yield box, begun
    except DraftFailed:
        raise
    except imaplib.IMAP4.readonly as error:
        said = (
            f"The folder {address.folder} may only be read. Choose another, or have that changed."
        )
        raise DraftFailed(said) from error
    except Exception as error:
        is_down = isinstance(error, OSError) or type(error).__name__ == "abort"
        said = problem_of(error, address)
        raise DraftFailed(said, is_begun=bool(begun), may_pass=is_down) from error
    finally:
        if box is not None:
            box.sign_out()


def _uids(box: BoundedMailBox, message_id: str) -> list[str]:
    """Return the UIDs of the folder's mails that have this Message-ID and aren't marked deleted."""
    found = box.uids(f'HEADER Message-ID "{message_id}" UNDELETED', charset=None)
    return [uid for uid in found if UID.fullmatch(uid.encode())]


def _marked(content: bytes) -> bytes:
    """Return a mail with line ends as on the wire, and a header with the hash of the rest."""
    wired = re.sub(rb"\r\n|\r|\n", b"\r\n", content)
    return b"X-Handrail-Draft: " + hashlib.sha256(wired).hexdigest().encode() + b"\r\n" + wired


def _is_as_saved(content: bytes) -> bool:
    mark = MARK.match(content)
    return mark is not None and _marked(content[mark.end() :]) == content

"""IMAP access to mailboxes: fetch a bounded batch of new mails from an allowed host, read-only.

Nothing is marked, moved or deleted in a mailbox: the UIDs say which mails were read.
"""

import imaplib
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import batched
from time import monotonic
from typing import Any

from tenants.errors import Invalid
from tenants.network import outbound
from workflows.triggers.mail.imap_connection import (
    TIMEOUT,
    BoundedMailBox,
    SignInRefused,
    TooMuchSent,
)

log = logging.getLogger(__name__)

LONGEST_POLL = 60  # seconds, for the mails of one poll
BATCH = 20  # mails at a time
LARGEST = 1024 * 1024  # bytes read of one mail
LARGEST_NUMBER = 2**32 - 1  # RFC 3501, nz-number
LARGEST_SIZE = 2**31 - 1  # what the column keeps
NUMBER = re.compile(r"[0-9]{1,10}")
NO_DATE = "It does not say when a mail came."
LOCAL_HOSTS = ("127.0.0.1", "localhost", "::1")
LOGIN, FOLDER = "LOGIN", "SELECT"


class BadAnswer(ValueError):
    """Answer of a server that is not as IMAP has it; the message is a sentence about it."""


@dataclass(frozen=True, slots=True)
class ImapAddress:
    """Address and credentials of a mailbox. ``password`` is left out of the repr."""

    host: str
    port: int
    security: str
    username: str
    password: str = field(repr=False)
    folder: str


@dataclass(frozen=True, slots=True)
class Mark:
    """High-water mark of a mailbox: mails above ``last_uid`` since ``reads_from`` are new.

    ``waiting`` are the UIDs of earlier mails that are to be read now.
    """

    uidvalidity: int | None
    last_uid: int
    reads_from: datetime
    waiting: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Raw:
    """Bytes of one mail, cut at LARGEST. ``came_at`` is the time when the server got it.

    ``is_gone``: the mail is no longer in the mailbox.
    """

    uid: int
    came_at: datetime
    size: int
    content: bytes
    is_gone: bool = False


@dataclass(frozen=True, slots=True)
class Fetched:
    """Mails that one poll fetched. ``problem`` is a sentence where the poll failed.

    ``more``: further new mails are in the mailbox.
    """

    uidvalidity: int = 0
    last_uid: int = 0
    mails: tuple[Raw, ...] = ()
    more: bool = False
    problem: str = ""
    waiting: tuple[Raw, ...] = ()


def check_mail_host(host: str, port: int, security: str, allowed: list[str]) -> None:
    """Raise Invalid unless a mailbox may be read at this host, port and security."""
    if f"{host}:{port}".lower() not in {each.lower() for each in allowed}:
        raise Invalid(
            f"{host}:{port} is not among this client's allowed hosts. Add it there first.",
            code="host_not_allowed",
        )
    if security == "none" and host not in LOCAL_HOSTS:
        raise Invalid(
            "Without TLS the password could be read on the way. Choose TLS or STARTTLS.",
            code="no_tls",
        )
    outbound.check_outbound_host(host, port)


def fetch(address: ImapAddress, mark: Mark) -> Fetched:
    """Fetch the mails of a mailbox above the mark. Never raises: a failure is the ``problem``."""
    box: BoundedMailBox | None = None
    try:
        box = BoundedMailBox(address.host, address.port, address.security)
        box.sign_in(address.username, address.password)
        return _read_folder(box, address.folder, mark)
    except Exception as error:
        why = _without_password(f"{type(error).__name__}: {error}", address)
        log.warning("mail of %s:%s was not read: %s", address.host, address.port, why)
        return Fetched(problem=problem_of(error, address))
    finally:
        if box is not None:
            box.sign_out()


def _read_folder(box: BoundedMailBox, folder: str, mark: Mark) -> Fetched:
    # Read-only (EXAMINE): fetching a mail must not mark it as seen for its people.
    box.folder.set(folder, readonly=True)
    uidvalidity = _uidvalidity(box)
    # Another UIDVALIDITY means that the server numbers its mails anew (RFC 3501, 2.3.1.1): only
    # the date tells old mail from new.
    last = mark.last_uid if uidvalidity == mark.uidvalidity else 0
    until = monotonic() + LONGEST_POLL
    waiting = tuple(_read_waiting(box, mark, until)) if uidvalidity == mark.uidvalidity else ()
    since = (mark.reads_from - timedelta(days=1)).strftime(
        "%d-%b-%Y"
    )  # by the server's own calendar days
    found = box.uids(f"UID {last + 1}:* SINCE {since}", charset=None)
    # "5:*" finds the last mail even where its UID is below 5.
    uids = sorted({uid for uid in map(_number, found) if uid > last})
    fresh, seen = _new_mails(box, uids, mark.reads_from)
    mails: list[Raw] = []
    for uid, (came_at, size) in fresh.items():
        if mails and monotonic() > until:  # a slow server: the next poll fetches the rest
            return Fetched(uidvalidity, mails[-1].uid, tuple(mails), more=True, waiting=waiting)
        mails.append(Raw(uid, came_at, size, body_of(box, uid)))
    passed = max([last, *seen])
    return Fetched(uidvalidity, passed, tuple(mails), more=len(seen) < len(uids), waiting=waiting)


def _read_waiting(box: BoundedMailBox, mark: Mark, until: float) -> Iterator[Raw]:
    """Yield the waiting mails, oldest first; those without time left keep waiting."""
    about = _dates_and_sizes(box, mark.waiting) if mark.waiting else {}
    for number, uid in enumerate(mark.waiting):
        if number and monotonic() > until:
            return
        came_at, size = about.get(uid, (mark.reads_from, 0))
        content = body_of(box, uid) if uid in about else b""
        yield Raw(uid, came_at, size, content, is_gone=uid not in about)


def _uidvalidity(box: BoundedMailBox) -> int:
    _, said = box.client.response("UIDVALIDITY")
    if not said or not said[0]:
        raise BadAnswer("It does not say UIDVALIDITY, so mail can't be told apart.")
    return _number(said[0])


def _number(said: Any) -> int:
    text = said.decode("ascii", "replace") if isinstance(said, bytes) else str(said)
    number = int(text) if NUMBER.fullmatch(text) else 0
    if not 0 < number <= LARGEST_NUMBER:
        raise BadAnswer("It numbers its mails otherwise than IMAP allows.")
    return number


def _new_mails(
    box: BoundedMailBox, uids: list[int], reads_from: datetime
) -> tuple[dict[int, tuple[datetime, int]], list[int]]:
    """Return up to a batch of new mails with date and size, and the UIDs that were looked at."""
    fresh: dict[int, tuple[datetime, int]] = {}
    seen: list[int] = []
    for some in batched(uids, BATCH, strict=False):
        about = _dates_and_sizes(box, some)
        for uid in some:
            if len(fresh) == BATCH:
                return fresh, seen
            seen.append(uid)
            if uid in about and about[uid][0] >= reads_from:
                fresh[uid] = about[uid]
    return fresh, seen


def _dates_and_sizes(box: BoundedMailBox, uids: tuple[int, ...]) -> dict[int, tuple[datetime, int]]:
    found: dict[int, tuple[datetime, int]] = {}
    for line in _fetch_lines(box, ",".join(map(str, uids)), "(UID INTERNALDATE RFC822.SIZE)"):
        text = line[0] if isinstance(line, tuple) else line
        numbers = {
            name: re.search(rb"\b" + name + rb" (\d+)", text) for name in (b"UID", b"RFC822.SIZE")
        }
        uid, size = numbers[b"UID"], numbers[b"RFC822.SIZE"]
        if uid is not None:
            found[_number(uid[1])] = (_date(text), _size(size[1]) if size else 0)
    return found


def _size(said: bytes) -> int:
    return min(int(said[:20]), LARGEST_SIZE)


def _date(text: bytes) -> datetime:
    said = re.search(rb'INTERNALDATE "([^"]+)"', text)
    if said is None:
        raise BadAnswer(NO_DATE)
    try:
        came_at = datetime.strptime(said[1].decode().strip(), "%d-%b-%Y %H:%M:%S %z")
        return came_at.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise BadAnswer(NO_DATE) from error


def body_of(box: BoundedMailBox, uid: int) -> bytes:
    """Return the bytes of a mail, LARGEST at most; none for one that is gone."""
    for part in _fetch_lines(box, str(uid), f"(BODY.PEEK[]<0.{LARGEST}>)"):
        if isinstance(part, tuple):
            return bytes(part[1])[:LARGEST]
    return b""  # deleted since


def _fetch_lines(box: BoundedMailBox, uids: str, what: str) -> list[Any]:
    status, answer = box.client.uid("FETCH", uids, what)
    if status != "OK":
        raise BadAnswer("It did not hand over a mail.")
    return [line for line in answer if line]


def problem_of(error: Exception, address: ImapAddress) -> str:
    """Return what went wrong with a mailbox and what to do, without its password."""
    return _without_password(_problem_sentence(error, address), address)


def _problem_sentence(error: Exception, address: ImapAddress) -> str:
    where = f"{address.host}:{address.port}"
    match type(error).__name__:
        case "MailboxLoginError":
            said = f"{where} refused the user name or the password. Set the password again."
        case "MailboxFolderSelectError":
            said = f"There is no folder {address.folder} there. Choose another."
        case "SSLCertVerificationError":
            said = f"The certificate of {where} can't be trusted: {error}"
        case "TimeoutError":
            said = f"{where} did not answer within {TIMEOUT} seconds."
        case _ if isinstance(error, outbound.AddressRefused | SignInRefused):
            said = str(error)
        case _ if isinstance(error, UnicodeEncodeError):
            said = f"{where} can't be told the folder or the user name: use plain letters."
        case _ if isinstance(error, TooMuchSent):
            said = f"{where} was cut off: {error}. Look into that server."
        case _ if isinstance(error, OSError):
            why = error.strerror or str(error) or "it broke off"
            said = f"No connection to {where}: {why}. Check host, port and encryption."
        case _ if isinstance(error, BadAnswer):
            said = f"{where} answered something unexpected. {error} Look into that server."
        case _ if isinstance(error, imaplib.IMAP4.abort):
            said = f"{where} ended the connection. It is tried again later."
        case _:
            said = f"{where} answered something unexpected. Look into that server."
    return said


def _without_password(said: str, address: ImapAddress) -> str:
    """Return a text without the password, which a server may repeat."""
    return said.replace(address.password, "…")[:400] if address.password else said[:400]

"""Mails that start no run: automatic replies, bounces, mailing lists and our own mails. Pure.

An answer to one of them could make two machines write to each other for ever (RFC 3834).
"""

import re
from collections.abc import Callable, Iterable

# Returns a header's text by its name in small letters; empty where there is none.
Header = Callable[[str], str]

AUTOMATIC = ("x-autoreply", "x-autorespond", "x-autoresponder")
BULK = {"bulk", "list"}  # also sent by list servers
REPLIES = {"junk", "auto_reply", "auto-reply"}
LISTED = ("list-id", "list-post", "mailing-list", "x-google-group-id", "x-beenthere")
DAEMONS = ("mailer-daemon@", "postmaster@")
MACHINES = (*DAEMONS, "noreply@", "no-reply@", "donotreply@", "do-not-reply@")


def reply_address(sender: str, reply_to: str, own: Iterable[str]) -> str:
    """Return the address to answer: Reply-To, or the sender where that is a machine or our own.

    A contact form sends from the website and has its user's address as Reply-To.
    """
    other = reply_to.strip().lower()
    if not other or other.startswith(MACHINES) or other in _plain(own):
        return sender
    return reply_to


def why_ignored(header: Header, sender: str, own: Iterable[str], content_type: str) -> str:
    """Return why a mail starts no run, as a sentence; empty where it may start one."""
    own = _plain(own)
    address = sender.strip().lower()
    if not address:
        return "It names no sender, or more than one."
    to = reply_address(address, header("reply-to"), own).lower()
    if to in own:
        return "It comes from an address of our own."
    if content_type == "multipart/report" or header("return-path").strip() == "<>":
        return "It is a bounce or a receipt."
    said = header("auto-submitted").partition(";")[0].strip().lower()
    if said not in ("", "no") or any(header(name) for name in AUTOMATIC):
        return "It was sent by a machine, as an automatic reply is."
    if _is_list(header, own):
        return "It was sent to a list or in bulk."
    if address.startswith(DAEMONS) or to.startswith(MACHINES):
        return "Its sender takes no answers."
    return ""


def _plain(own: Iterable[str]) -> set[str]:
    return {address.strip().lower() for address in own if address.strip()}


def _is_list(header: Header, own: set[str]) -> bool:
    """Whether a mail was sent in bulk; a list with the mailbox's own address does not count."""
    precedence = header("precedence").strip().lower()
    if precedence in REPLIES:
        return True
    if not header("list-id") and precedence not in BULK:
        return False
    said = " ".join(header(name) for name in LISTED).lower()
    found = set(re.findall(r"[^\s<>:,;\"()?]+", said))
    return not any(address in found or address.replace("@", ".") in found for address in own)

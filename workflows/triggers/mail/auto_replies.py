"""Which mails nobody wrote to us: automatic replies, bounces, lists, our own. Pure.

Answering one of them could begin two machines writing to each other for ever (RFC 3834).
"""

import re
from collections.abc import Callable, Iterable

# Says "header is there" of a name in small letters, and gives its text.
Header = Callable[[str], str]

AUTOMATIC = ("x-autoreply", "x-autorespond", "x-autoresponder")
BULK = {"bulk", "list"}  # which list servers say of themselves, too
REPLIES = {"junk", "auto_reply", "auto-reply"}
LISTED = ("list-id", "list-post", "mailing-list", "x-google-group-id", "x-beenthere")
DAEMONS = ("mailer-daemon@", "postmaster@")
MACHINES = (*DAEMONS, "noreply@", "no-reply@", "donotreply@", "do-not-reply@")


def reply_address(sender: str, reply_to: str, own: Iterable[str]) -> str:
    """Who is to be answered: whom the mail names for it, unless that is a machine or ourselves.

    A contact form sends from the website, and names who filled it in.
    """
    other = reply_to.strip().lower()
    if not other or other.startswith(MACHINES) or other in _plain(own):
        return sender
    return reply_to


def why_ignored(header: Header, sender: str, own: Iterable[str], content_type: str) -> str:
    """Why a mail starts nothing, as a sentence; empty where it should."""
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
    """Whether it went to many; a group that has the mailbox's own address is none."""
    precedence = header("precedence").strip().lower()
    if precedence in REPLIES:
        return True
    if not header("list-id") and precedence not in BULK:
        return False
    said = " ".join(header(name) for name in LISTED).lower()
    found = set(re.findall(r"[^\s<>:,;\"()?]+", said))
    return not any(address in found or address.replace("@", ".") in found for address in own)

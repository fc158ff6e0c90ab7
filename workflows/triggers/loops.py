"""Which mails nobody wrote to us: automatic replies, bounces, lists, our own. Pure.

Answering one of them could begin two machines writing to each other for ever (RFC 3834).
"""

from collections.abc import Callable, Iterable

# Says "header is there" of a name in small letters, and gives its text.
Header = Callable[[str], str]

AUTOMATIC = ("x-autoreply", "x-autorespond", "x-autoresponder")
BULK = {"bulk", "junk", "list", "auto_reply", "auto-reply"}
MACHINES = ("mailer-daemon@", "postmaster@", "noreply@", "no-reply@", "donotreply@")


def why_ignored(header: Header, sender: str, own: Iterable[str], content_type: str) -> str:
    """Why a mail starts nothing, as a sentence; empty where it should."""
    address = sender.strip().lower()
    if not address:
        return "It names no sender."
    if address in {a.strip().lower() for a in own if a.strip()}:
        return "It comes from an address of our own."
    if content_type == "multipart/report" or header("return-path").strip() == "<>":
        return "It is a bounce or a receipt."
    said = header("auto-submitted").partition(";")[0].strip().lower()
    if said not in ("", "no") or any(header(name) for name in AUTOMATIC):
        return "It was sent by a machine, as an automatic reply is."
    if header("list-id") or header("precedence").strip().lower() in BULK:
        return "It was sent to a list or in bulk."
    if address.startswith(MACHINES):
        return "Its sender takes no answers."
    return ""

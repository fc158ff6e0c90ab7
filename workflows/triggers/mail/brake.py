"""How many runs the mails of one address start in an hour; further mails wait for their turn.

Two machines that answer each other say none of it in their headers sometimes. A shop that sends
each order from one address looks alike, so nothing is dropped: a mail beyond the most stays in the
mailbox, and is read again when there is room. Whoever is answered counts as whoever sent.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta

from django.db.models import Count

from tenants import clock
from workflows.models import InboundMail, Mailbox

MOST_AN_HOUR = 20  # runs from one address
HOUR = timedelta(hours=1)
MOST_WAITING = 500  # waiting mails, in one look


class SenderLimit:
    """What the addresses of a mailbox started within the last hour, and which of them wait."""

    def __init__(self, mailbox: Mailbox) -> None:
        rows = InboundMail.objects.filter(mailbox=mailbox)
        self.started = _count_by_address(
            rows.filter(outcome="started", seen_at__gt=clock.now() - HOUR)
        )
        self.waiting = _count_by_address(rows.filter(outcome="waiting"))

    def full_addresses(self) -> list[str]:
        """Addresses that have no room at present."""
        return [address for address, count in self.started.items() if count >= MOST_AN_HOUR]

    def why_wait(self, mail: InboundMail, *, is_next: bool = False) -> str:
        """Why a mail has to wait, as a sentence; empty where it does not.

        One that is next among those of its address waits for room alone.
        """
        for address in sorted(_addresses(mail)):
            waits = self.waiting[address] > 0 and not is_next
            if waits or self.started[address] >= MOST_AN_HOUR:
                return (
                    f"{address} wrote more than {MOST_AN_HOUR} times within an hour, and may be a "
                    "machine. It stays in the mailbox and is read when there is room."
                )
        return ""

    def count_mail(self, mail: InboundMail) -> None:
        """Count what became of a mail."""
        if mail.outcome in ("started", "waiting"):
            (self.started if mail.outcome == "started" else self.waiting).update(_addresses(mail))

    def stop_waiting(self, mail: InboundMail) -> None:
        """A mail that waited is taken up: it does not wait for itself."""
        self.waiting.subtract(_addresses(mail))


def uids_within_limit(mailbox: Mailbox, most: int) -> tuple[int, ...]:
    """Numbers of waiting mails that there is room for, in the order in which they came."""
    waiting = InboundMail.objects.filter(
        mailbox=mailbox, outcome="waiting", uidvalidity=mailbox.uidvalidity or 0
    )
    if not waiting.exists():
        return ()
    limit = SenderLimit(mailbox)
    full = limit.full_addresses()
    fitting = waiting.exclude(sender__in=full).exclude(reply_to__in=full).order_by("uid")
    limit.waiting.clear()
    found: list[int] = []
    for row in fitting.only("uid", "sender", "reply_to")[:MOST_WAITING]:
        row.outcome = "waiting" if limit.why_wait(row) else "started"
        if row.outcome == "started":
            found.append(row.uid)
        limit.count_mail(row)
        if len(found) == most:
            break
    return tuple(found)


def ignore_waiting(mailbox: Mailbox, *, why: str, besides: int | None = None) -> None:
    """Let mails wait no longer whose numbers mean nothing any more."""
    rows = InboundMail.objects.filter(mailbox=mailbox, outcome="waiting")
    if besides is not None:
        rows = rows.exclude(uidvalidity=besides)
    rows.update(outcome="ignored", why=why)


def _addresses(mail: InboundMail) -> set[str]:
    return {address for address in (mail.sender, mail.reply_to) if address}


def _count_by_address(rows: Iterable[InboundMail]) -> Counter[str]:
    found: Counter[str] = Counter()
    values = rows.values_list("sender", "reply_to").annotate(n=Count("id"))  # type: ignore[attr-defined]
    for sender, reply_to, count in values.order_by():
        for address in {sender, reply_to} - {""}:
            found[address] += count
    return found

"""Rate limit of senders: how many runs the mails of one address start in an hour.

Two machines that answer each other don't always say so in their headers. A shop that sends each
order from one address looks the same, so no mail is dropped: a mail above the limit waits in the
mailbox and is read again when its address is below the limit. The reply address counts too.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta

from django.db.models import Count

from tenants import clock
from workflows.models import InboundMail, Mailbox

MOST_AN_HOUR = 20  # runs from one address
HOUR = timedelta(hours=1)
MOST_WAITING = 500  # waiting mails that one poll looks at


class SenderLimit:
    """Counts by address of a mailbox's waiting mails, and of runs started in the last hour."""

    def __init__(self, mailbox: Mailbox) -> None:
        rows = InboundMail.objects.filter(mailbox=mailbox)
        self.started = _count_by_address(
            rows.filter(outcome="started", seen_at__gt=clock.now() - HOUR)
        )
        self.waiting = _count_by_address(rows.filter(outcome="waiting"))

    def full_addresses(self) -> list[str]:
        """Return the addresses that have reached the limit."""
        return [address for address, count in self.started.items() if count >= MOST_AN_HOUR]

    def why_wait(self, mail: InboundMail, *, is_next: bool = False) -> str:
        """Return why a mail has to wait, as a sentence; empty where it does not.

        A mail waits behind others of its address, unless it ``is_next`` among them.
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
        """Count a mail that started a run or waits."""
        if mail.outcome in ("started", "waiting"):
            (self.started if mail.outcome == "started" else self.waiting).update(_addresses(mail))

    def stop_waiting(self, mail: InboundMail) -> None:
        """Uncount a waiting mail that is taken in now, so that it does not wait for itself."""
        self.waiting.subtract(_addresses(mail))


def uids_within_limit(mailbox: Mailbox, most: int) -> tuple[int, ...]:
    """Return the UIDs of waiting mails below the limit, ``most`` at most, oldest first."""
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
    """Mark waiting mails as ignored, because their UIDs are no longer valid.

    Mails of the UIDVALIDITY ``besides`` keep waiting.
    """
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

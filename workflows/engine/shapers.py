"""Shapers: who asked for what an item says, or shaped it before it was put up."""

from approvals.models import Decision, ItemRevision
from tenants.mail_identity import mailbox_of
from workflows.engine.context import Context

# Fields of a request that say who sent it.
SENDERS = ("from", "reply_to", "sender")


def shapers(context: Context) -> tuple[str, ...]:
    """Ids of people and mailboxes of addresses, for ``ReviewItem.shaped_by``.

    Two queries where something of the run was decided otherwise than as written; else none.
    """
    run = context.run
    asked = [run.asked_by, *(run.input.get(name) for name in SENDERS)]
    mailboxes = [mailbox_of(one) for one in asked if isinstance(one, str) and "@" in one]
    found = [*run.requested_by, *(one[:254] for one in mailboxes), *_since(context)]
    return tuple(dict.fromkeys(found))


def _since(context: Context) -> list[str]:
    """Who edited, sent back with words or gave a value, in this run so far."""
    if not any(
        item.choice not in ("", "accept") or item.status in ("expired", "cancelled")
        for item in context.items
    ):
        return []
    run_id = context.run.pk
    rows = Decision.objects.filter(item__run_id=run_id).order_by("id")
    decided = [
        str(by)
        for choice, reason, words, by in rows.values_list("choice", "reason", "words", "by_id")
        if choice == "correct" or (choice == "again" and words) or reason == "skip"
    ]
    edited = ItemRevision.objects.filter(item__run_id=run_id).order_by("id")
    return decided + [str(by) for by in edited.values_list("changed_by_id", flat=True)]

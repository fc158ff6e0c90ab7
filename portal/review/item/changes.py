"""Edits of an item by others, for its page: since the person saw it, or since it was drafted."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from approvals.models import Proposal, ReviewItem
from approvals.review.sidebar import Act, Sidebar
from approvals.rules.phrases import show, spelled_out
from portal.review.item.edits import Edits, Field
from portal.review.item.text_diff import changed_words
from tenants.actors import Actor


@dataclass(frozen=True, slots=True)
class Changed:
    """Edits by others: their names, the time of the last edit, and the differences.

    ``was_seen``: the differences are since the person saw the item, else since it was drafted.
    """

    by: str
    at: datetime
    edits: Edits
    was_seen: bool = True


def changed_since(
    item: ReviewItem, every: Iterable[Proposal], near: Sidebar, actor: Actor, locale: str
) -> Changed | None:
    """Return the edits of others since the person saw the item; None where there are none.

    The person's own edits alone give None. A person whose last view was of the present content
    gets all edits since the draft: that view may have been the only one.
    """
    hashes = [one.content_hash for one in near.edited]
    if item.status != "waiting" or not hashes:
        return None
    was_seen = near.seen in hashes
    first = hashes.index(near.seen) if was_seen else 0
    since = near.edited[first:]
    others = [one for one in since if one.by_id != actor.id]
    if not others:
        return None
    former = near.seen_draft if was_seen else near.first_draft
    before = spelled_out(str((former or {}).get("text", "")))
    now = spelled_out(item.text_draft.words)
    text = changed_words(before, now) if before != now else []
    names = ", ".join(dict.fromkeys(one.by for one in others))
    fields = _fields(list(every), near.edited[:first], since, now, locale)
    return Changed(names, others[-1].at, Edits(text, fields), was_seen)


def _fields(
    every: Sequence[Proposal], earlier: Sequence[Act], since: Sequence[Act], text: str, locale: str
) -> list[Field]:
    """Return the arguments that differ. Each edit of an action made its next revision."""
    found = []
    for position in sorted({int(n) for one in since for n in one.edits.get("proposals", {})}):
        own = {p.revision: p for p in every if p.position == position}
        number = 1 + sum(str(position) in one.edits.get("proposals", {}) for one in earlier)
        before, now = own[number].args, own[max(own)].args
        found += [
            Field(spelled_out(name.replace("_", " ")), show(before.get(name, ""), locale), after)
            for name, after in ((name, show(value, locale)) for name, value in now.items())
            if now[name] != before.get(name) and after != text
        ]
    return found

"""Other attempts of an item, for its page: the reason for the next one, and the changes since."""

from dataclasses import dataclass

from approvals.models import Decision, ReviewItem
from approvals.review import selectors
from approvals.rules.phrases import spelled_out
from approvals.rules.reasons import REASONS
from portal.review.item.edits import Edits
from portal.review.item.text_diff import changed_words


@dataclass(frozen=True, slots=True)
class Attempts:
    """Other attempts at an item's text.

    ``decision`` sent the ``former`` attempt back for ``reason``; ``since`` is what changed then.
    """

    following: ReviewItem | None = None
    former: ReviewItem | None = None
    decision: Decision | None = None
    reason: str = ""
    since: Edits | None = None


def attempts_at(item: ReviewItem) -> Attempts:
    """Return an item's other attempts; no query for the only attempt that most items have."""
    if item.choice == "again":
        return Attempts(following=selectors.attempt(item, item.attempt + 1))
    if item.attempt == 1:
        return Attempts()
    former = selectors.attempt(item, item.attempt - 1)
    if former is None or former.choice != "again":
        return Attempts()
    before, now = (spelled_out(one.text_draft.words) for one in (former, item))
    return Attempts(
        former=former,
        decision=selectors.decision_of(former),
        reason=REASONS.get(former.reason_code, ""),
        since=Edits(changed_words(before, now), []) if before != now else None,
    )

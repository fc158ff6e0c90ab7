"""Other attempts of an item, for its page: the reason for the next one, and the changes since."""

from typing import Any

from approvals.models import ReviewItem
from approvals.review import selectors
from approvals.rules.phrases import spelled_out
from approvals.rules.reasons import REASONS
from portal.review.item.edits import Edits
from portal.review.item.text_diff import changed_words


def attempts_context(item: ReviewItem) -> dict[str, Any]:
    """Return the template context of an item's other attempts.

    It is empty, without a query, for the only attempt that most items have.
    """
    if item.choice == "again":
        return {"next_attempt": selectors.attempt(item, item.attempt + 1)}
    if item.attempt == 1:
        return {}
    former = selectors.attempt(item, item.attempt - 1)
    if former is None or former.choice != "again":
        return {}
    before, now = (spelled_out(one.text_draft.words) for one in (former, item))
    return {
        "former": former,
        "former_decision": selectors.decision_of(former),
        "former_reason": REASONS.get(former.reason_code, ""),
        "since_former": Edits(changed_words(before, now), []) if before != now else None,
    }

"""Discussion of an item, for its page: the comments, and the colleagues one may ask."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import QueryDict

from approvals.models import ReviewItem
from approvals.review.comments import allows_comments, mentionable
from approvals.review.selectors import QueueView
from approvals.review.sidebar import Sidebar


@dataclass(frozen=True, slots=True)
class CommentLine:
    """One comment. ``asked`` names the people it asked; one who has left is "somebody who left"."""

    by: str
    at: datetime
    text: str
    asked: str


def said_context(
    item: ReviewItem, near: Sidebar, mine: QueueView, *, waiting: bool, posted: QueryDict | None
) -> dict[str, Any]:
    """Return the template context of the discussion; a refused form keeps its content."""
    open_ = waiting or (bool(near.said) and allows_comments(item))
    if not near.said and not open_:
        return {}
    names = _people(mine)
    typed = posted if posted is not None and "comment" in posted else QueryDict()
    return {
        "said": [
            CommentLine(one.by, one.at, one.text, ", ".join(_named(names, one.asks)))
            for one in near.said
        ],
        "may_comment": open_ and mine.actor.is_human,
        "colleagues": [(key, name) for key, name in names.items() if key != str(mine.actor.id)],
        "comment_typed": typed.get("comment", ""),
        "comment_asks": typed.getlist("ask"),
        "was_commented": bool(typed),
    }


def _people(mine: QueueView) -> dict[str, str]:
    """Return the names of the client's people by id, without a query where ``mine`` has them."""
    if mine.people is not None:
        return {str(person.id): person.name for person, _ in mine.people.everyone}
    return {str(one.user_id): str(one.user) for one in mentionable()}


def _named(names: dict[str, str], asks: tuple[Any, ...]) -> list[str]:
    return [names.get(str(one), "somebody who left") for one in asks]

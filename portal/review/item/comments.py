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


@dataclass(frozen=True, slots=True)
class Discussion:
    """Comments on an item, and the form of another.

    ``colleagues`` are ids and names of those who may be asked. ``typed`` and ``asks`` are of a form
    that was refused.
    """

    lines: list[CommentLine]
    may_comment: bool
    colleagues: list[tuple[str, str]]
    typed: str
    asks: list[str]
    was_refused: bool


def discussion_of(
    item: ReviewItem, near: Sidebar, mine: QueueView, *, waiting: bool, posted: QueryDict | None
) -> Discussion | None:
    """Return the discussion, None where nobody said anything and nobody may."""
    is_open = waiting or (bool(near.said) and allows_comments(item))
    if not near.said and not is_open:
        return None
    names = _people(mine)
    typed = posted if posted is not None and "comment" in posted else QueryDict()
    return Discussion(
        lines=[
            CommentLine(one.by, one.at, one.text, ", ".join(_named(names, one.asks)))
            for one in near.said
        ],
        may_comment=is_open and mine.actor.is_human,
        colleagues=[(key, name) for key, name in names.items() if key != str(mine.actor.id)],
        typed=typed.get("comment", ""),
        asks=typed.getlist("ask"),
        was_refused=bool(typed),
    )


def _people(mine: QueueView) -> dict[str, str]:
    """Return the names of the client's people by id, without a query where ``mine`` has them."""
    if mine.people is not None:
        return {str(person.id): person.name for person, _ in mine.people.everyone}
    return {str(one.user_id): str(one.user) for one in mentionable()}


def _named(names: dict[str, str], asks: tuple[Any, ...]) -> list[str]:
    return [names.get(str(one), "somebody who left") for one in asks]

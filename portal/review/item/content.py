"""The content of an item, for its page: what it says, what it would do, and what was asked."""

from dataclasses import dataclass

from approvals.models import Proposal, ReviewItem, TextDraft
from portal.review.item import card, support
from portal.review.item.origins import origins_of_action

ASKED = {"api": "the API", "mail": "e-mail", "schedule": "the schedule"}


@dataclass(frozen=True, slots=True)
class ItemContent:
    """What an item says and would do.

    ``letter`` is its text with the marks of its sentences, ``marks`` are the marks that occur.
    ``recommended`` are actions a person is to take, ``route_to`` is where a route goes.
    """

    badges: list[card.Badge]
    effect: list[card.Bit]
    undo: str
    actions: list[card.ShownAction]
    letter: list[card.Stretch]
    marks: set[str]
    remarks: list[support.Remark]
    recommended: list[str]
    route_to: str
    route_why: str
    asked: list[card.Argument]
    asked_how: str
    was_done: bool
    edited_by: str


def item_content(
    item: ReviewItem,
    proposals: list[Proposal],
    draft: TextDraft,
    locale: str,
    *,
    edited_by: str = "",
) -> ItemContent:
    """Return the content of an item with these actions and this draft, from the stored rows."""
    letter = card.letter_stretches(draft)
    return ItemContent(
        badges=card.badges(item, proposals),
        effect=card.effect(proposals, locale),
        undo=card.undo_sentence(proposals, locale),
        actions=[
            card.action(p, draft.words, locale, origins_of_action(item.evidence, p.step, p.args))
            for p in proposals
        ],
        letter=letter,
        marks={part.mark for part in letter},
        remarks=support.remarks(draft),
        recommended=item.draft.get("recommended", []),
        route_to=draft.route_to,
        route_why=draft.route_why,
        asked=card.request_rows(item.evidence, locale),
        asked_how=_asked_how(item),
        was_done=all(p.status in ("executed", "undone") for p in proposals),
        edited_by=edited_by,
    )


def _asked_how(item: ReviewItem) -> str:
    """Return the request's source: "e-mail (ada@buyer.example)", "the API (Shop key)", "Dana"."""
    way = ASKED.get(item.evidence.get("trigger", ""), "")
    if not way:
        return item.asked_by
    says_who = item.asked_by and item.evidence.get("trigger") in ("api", "mail")
    return f"{way} ({item.asked_by})" if says_who else way

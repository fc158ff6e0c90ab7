"""Undo of a decided item, for its page: what was asked, and what can be undone now."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from approvals.gate import undo_declaration
from approvals.models import Proposal, ReviewItem
from approvals.review import selectors
from approvals.rules.phrases import fill_phrase
from portal.review.item import card
from tenants import access, clock
from tenants.actors import Actor
from tenants.errors import DomainError
from tenants.roles import Capability

UNDER_WAY = ("approved", "executing")


@dataclass(frozen=True, slots=True)
class Offer:
    """The actions that an undo would do now, in order, and those that would remain."""

    does: list[str]
    stays: list[str]
    until: datetime | None
    button: str


@dataclass(frozen=True, slots=True)
class UndoRequest:
    """An undo that a person asked for. ``stands`` is done, partly, under_way, doubt or not_done."""

    item: ReviewItem
    words: str
    stands: str
    acts: list[card.ShownAction]


@dataclass(frozen=True, slots=True)
class Undoing:
    """The undos of an item: those asked for, and what can be undone now.

    ``is_partial``: some of its actions are undone, others are not.
    """

    asked: tuple[UndoRequest, ...] = ()
    is_partial: bool = False
    offer: Offer | None = None


def undoing_of(item: ReviewItem, proposals: list[Proposal], actor: Actor, locale: str) -> Undoing:
    """Return the undos of an item; no query for an item without executed actions."""
    carried_out = [p for p in proposals if p.status in ("executed", "undone")]
    if item.status != "decided" or not carried_out or item.kind == "undo":
        return Undoing()
    asked = tuple(_asked(undo, locale) for undo in selectors.undos_of(item))
    undone = sum(p.status == "undone" for p in carried_out)
    busy = any(one.stands in ("under_way", "doubt") for one in asked) or any(
        p.status in UNDER_WAY for p in proposals
    )
    may = access.may(actor, Capability.DECIDE, item.workflow_id)
    offer = _offer(carried_out, locale) if may and not busy else None
    return Undoing(asked, is_partial=0 < undone < len(carried_out), offer=offer)


def _offer(carried_out: list[Proposal], locale: str) -> Offer | None:
    try:
        found = undo_declaration.possible_undos(carried_out, clock.now())
    except DomainError:
        return None  # the tool's result does not give the arguments of its undo
    if not found:
        return None
    does = [
        fill_phrase(o.tool.phrases.get("effect") or o.tool.title, o.args, locale) for o in found
    ]
    covered = {one.undoes.pk for one in found}
    rest = [p for p in carried_out if p.status == "executed" and p.pk not in covered]
    buttons = dict.fromkeys(str(o.tool.phrases.get("button") or o.tool.title) for o in found)
    return Offer(
        does=does,
        stays=[card.undo(p, locale, p.tool.title) for p in rest],
        until=min((one.until for one in found if one.until), default=None),
        button=f"Undo: {' and '.join(buttons)}",
    )


def _asked(undo: ReviewItem, locale: str) -> UndoRequest:
    proposals = list(undo.proposals.all())
    decision = next(iter(undo.decisions.all()), None)
    return UndoRequest(
        item=undo,
        words=decision.words if decision else "",
        stands=_stands({p.status for p in proposals}),
        acts=[card.action(p, "", locale) for p in proposals],
    )


def _stands(statuses: Iterable[str]) -> str:
    found = set(statuses)
    if found & set(UNDER_WAY):
        return "under_way"
    if "in_doubt" in found:
        return "doubt"
    if "executed" not in found:
        return "not_done"
    return "done" if found == {"executed"} else "partly"

"""An accepted route mentions the people it names, with the words of the person who accepted it."""

from approvals.models import Comment, Decision, ReviewItem
from approvals.review.comments import ASKED, MOST_MENTIONED, mentionable
from audit import outbox
from audit.services import record
from audit.verbs import Verb
from tenants import clock
from tenants.actors import Actor
from tenants.db import unit_of_work
from tenants.ids import uuid7
from tenants.models import Membership

ROLES = {"owner": "owner", "owners": "owner", "approver": "approver", "approvers": "approver"}


def routed_members(to: str) -> list[Membership]:
    """Return the members a route names: by e-mail, name, first name or role.

    A first name that several members have matches none of them. One query.
    """
    wanted = " ".join(to.split()).casefold()
    if not wanted:
        return []
    people = list(mentionable())
    for ways in (_mail_of, _name_of, _first_name_of):
        found = [one for one in people if ways(one) == wanted]
        if len(found) == 1:
            return found
    role = ROLES.get(wanted)
    return [one for one in people if one.role == role][:MOST_MENTIONED]


def _mail_of(one: Membership) -> str:
    return one.user.email.casefold()


def _name_of(one: Membership) -> str:
    return one.user.name.casefold()


def _first_name_of(one: Membership) -> str:
    return one.user.get_short_name().casefold()


def ask_routed_members(item: ReviewItem, decision: Decision, *, actor: Actor) -> list[Membership]:
    """Mention the members the item's route names, in the name of the person who accepted it.

    Return the mentioned members. The person who accepted the route is left out: they know it
    already.
    """
    draft = item.text_draft
    found = [one for one in routed_members(draft.route_to) if one.user_id != decision.by_id]
    if not found:
        return []
    made = Comment(
        id=uuid7(),
        item=item,
        by_id=decision.by_id,
        at=clock.now(),
        text=" ".join(filter(None, ("This is for you.", draft.route_why, decision.words)))[:2000],
        asks=[str(one.user_id) for one in found],
    )
    unit_of_work.insert(made)
    mentioned = [str(one.user) for one in found]
    record(Verb.ITEM_ASKED, item, actor=actor, after={"asked": mentioned})
    outbox.enqueue(ASKED, made.pk)
    return found

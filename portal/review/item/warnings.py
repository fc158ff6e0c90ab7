"""Warnings on the page of an item that waits: what a person should know before they accept it."""

from dataclasses import dataclass
from uuid import UUID

from approvals.gate.done_before import find_all_earlier
from approvals.models import Proposal, ReviewItem
from approvals.review import checks, routing
from tenants.actors import Actor
from tenants.models import Tenant


@dataclass(frozen=True, slots=True)
class Warnings:
    """Warnings about an item.

    ``done_before`` are items with when and what they did already; ``asked_twice`` are sentences
    about actions of the item that are the same. ``reaches`` names whom a route would ask,
    ``is_for_you`` that it names the viewer. ``disagreements`` are of text and actions.
    """

    done_before: list[tuple[UUID, str, str]]
    asked_twice: list[str]
    reaches: list[str]
    is_for_you: bool
    disagreements: list[str]


def warnings_about(
    item: ReviewItem, proposals: list[Proposal], tenant: Tenant, actor: Actor
) -> Warnings:
    """Return the warnings; a query for actions that can be the same, and one for a route."""
    found = find_all_earlier(p for p in proposals if p.status == "proposed")
    named = [one.user for one in routing.routed_members(item.text_draft.route_to)]
    return Warnings(
        done_before=[(one.item_id, one.when(tenant), one.what) for one in found],
        asked_twice=checks.duplicates_as_edited(proposals, {}),
        # The route does not ask the person who accepts it, so they are not named.
        reaches=[str(user) for user in named if user.pk != actor.id],
        is_for_you=any(user.pk == actor.id for user in named),
        disagreements=checks.item_disagreements(item, proposals, tenant.locale),
    )

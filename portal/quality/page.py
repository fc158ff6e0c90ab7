"""Context of the pages of second looks and of planted items."""

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, QueryDict

from approvals import queries
from approvals.models import Planted, Proposal, ReviewItem, SecondLook
from approvals.quality import planting_rules
from approvals.queries import Case
from approvals.rules.reasons import REASONS
from portal.review import forms
from portal.review.item.content import item_content
from portal.review.item.sources import read_source
from tenants import clock
from tenants.actors import Actor
from tenants.errors import NotFound
from tenants.models import Tenant
from tenants.roles import Capability
from workflows.services.planting import TOO_EARLY, is_over

FIRST = {"accept": "accepted this as written", "correct": "accepted this after an edit"}
THEN = {
    "accept": "would accept it as written",
    "correct": "would accept it after an edit",
    "reject": "would reject it",
}


def may_plant(item: ReviewItem, actor: Actor, tenant: Tenant) -> bool:
    """Whether an item's page offers to plant a copy. Makes no query."""
    if actor.kind != "staff" or tenant.planting_agreed_at is None or item.planted:
        return False
    alike = item.status == "decided" and item.kind in planting_rules.KINDS
    return alike and actor.has(Capability.CONFIGURE)


def hides_run(item: ReviewItem, actor: Actor, tenant: Tenant) -> bool:
    """Whether an item's page leaves out the link to the run: a planted item has no run.

    So that its absence reveals nothing, no waiting item shows the link to the people of a
    tenant that agreed to planting.
    """
    if item.planted:
        return True
    asks = actor.kind == "person" and tenant.planting_agreed_at is not None
    return asks and item.status == "waiting"


def tell_planted(request: HttpRequest, made: object) -> bool:
    """Add a message with the planted mistake, if ``made`` is one. Return whether it is."""
    if not isinstance(made, Planted):
        return False
    tell = messages.success if made.outcome == "caught" else messages.warning
    tell(request, made.sentence())
    return True


@dataclass(frozen=True, slots=True)
class Planting:
    """What an item's page says about planting: the answer to a planted item, and what is offered.

    ``row`` and ``sentence`` are of a planted item that was answered or withdrawn.
    """

    may_plant: bool
    hides_run: bool
    row: Planted | None = None
    sentence: str = ""


def planting_of(item: ReviewItem, actor: Actor, tenant: Tenant) -> Planting:
    """Return what the page says about planting. One query, for a planted item's answer."""
    found = Planting(may_plant(item, actor, tenant), hides_run(item, actor, tenant))
    if not item.planted or item.status == "waiting":
        return found
    row = item.planted_as.select_related("by").get()
    who = "You" if row.by_id == actor.id else str(row.by)
    return replace(found, row=row, sentence=row.sentence(who))


def shown(item: ReviewItem, tenant: Tenant) -> dict[str, Any]:
    """Return the context of an item as it was first submitted, without any sign of its decision."""
    acts = planting_rules.originals(item.proposals.all())
    item.draft = planting_rules.first_draft(item)
    return {
        "item": item,
        "content": item_content(item, acts, item.text_draft, tenant.locale),
        "sources": [read_source(one, item) for one in item.evidence.get("sources", [])],
        "rights": {"is_waiting": True},
    }


def look_context(look: SecondLook, item: ReviewItem, tenant: Tenant) -> dict[str, Any]:
    """Return the context of a second look's page; it has the decision only once answered."""
    found = shown(item, tenant) | {
        "look": look,
        "opened": int(clock.now().timestamp()),
        "reasons": REASONS.items(),
    }
    if look.choice:
        decision = item.decisions.select_related("by").get()
        found |= {
            "decision": decision,
            "first_said": FIRST[decision.choice],
            "then_said": THEN[look.choice],
            "then_reason": REASONS.get(look.reason, ""),
        }
    return found


@dataclass(frozen=True, slots=True)
class Copy:
    """Copy of a decided item and its actions as first submitted, into which a mistake is put."""

    item: ReviewItem
    acts: list[Proposal]
    problem: str

    def context(self, posted: QueryDict | None, locale: str) -> dict[str, Any]:
        """Return the context of the copy's form, with the typed values if it has errors."""
        typed = posted.get("draft") if posted is not None else None
        text = forms.draft_text(self.item)
        return {
            "item": self.item,
            "problem": self.problem,
            "edits": forms.fields(self.item, self.acts, posted, locale=locale),
            "draft_text": text if typed is None else typed,
        }


def copy_of(case: Case, tenant: Tenant) -> Copy:
    """Return the copy of a decided item; ``problem`` says why none can be planted now."""
    item = case.item
    problem = planting_rules.planting_problem(case, tenant)
    if not problem and not is_over(item):
        problem = TOO_EARLY
    item.draft = planting_rules.first_draft(item)
    return Copy(item, planting_rules.originals(case.proposals), problem)


def get_original(item_id: UUID) -> Case:
    """Return an item with its actions. Raises NotFound, also for an item that was planted."""
    case = queries.get_case(item_id)
    if case.item.planted:
        raise NotFound.of("item")
    return case

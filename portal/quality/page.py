"""What the pages of second looks and of planting show, gathered from what is stored."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, QueryDict

from approvals import queries
from approvals.models import Planted, Proposal, ReviewItem, SecondLook
from approvals.quality import planting_rules
from approvals.queries import Case
from approvals.rules.reasons import REASONS
from portal.review import forms
from portal.review.item import card
from tenants import clock
from tenants.actors import Actor
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
    """Whether the page of an item offers to plant a copy. No query."""
    if actor.kind != "staff" or tenant.planting_agreed_at is None or item.planted:
        return False
    alike = item.status == "decided" and item.kind in planting_rules.KINDS
    return alike and actor.has(Capability.CONFIGURE)


def hides_run(item: ReviewItem, actor: Actor, tenant: Tenant) -> bool:
    """Whether the link to an item's run is left out: a planted item has none to show.

    So that nobody can tell by it, no waiting item of such a client shows it to its people.
    """
    if item.planted:
        return True
    asks = actor.kind == "person" and tenant.planting_agreed_at is not None
    return asks and item.status == "waiting"


def tell_planted(request: HttpRequest, made: object) -> bool:
    """Say at once what was planted, where that was answered; else False, and nothing said."""
    if not isinstance(made, Planted):
        return False
    tell = messages.success if made.outcome == "caught" else messages.warning
    tell(request, made.sentence())
    return True


def planted_context(item: ReviewItem, actor: Actor, tenant: Tenant) -> dict[str, Any]:
    """What the page of an item says of planting; no query but for a planted one's answer."""
    found: dict[str, Any] = {
        "may_plant": may_plant(item, actor, tenant),
        "hides_run": hides_run(item, actor, tenant),
    }
    if item.planted and item.status != "waiting":
        planted = item.planted_as.select_related("by").get()
        who = "You" if planted.by_id == actor.id else str(planted.by)
        found |= {"planted": planted, "planted_said": planted.sentence(who)}
    return found


def shown(item: ReviewItem, tenant: Tenant) -> dict[str, Any]:
    """An item as it was put up, with no sign of what became of it."""
    acts = planting_rules.originals(item.proposals.all())
    item.draft = planting_rules.first_draft(item)
    text = forms.draft_text(item) or ""
    read = item.evidence.get("sources", [])
    return {
        "item": item,
        "badges": card.badges(item, acts),
        "effect": card.effect(acts, tenant.locale),
        "undo": card.undo_sentence(acts, tenant.locale),
        "actions": [card.action(act, text, tenant.locale) for act in acts],
        "letter": card.letter_stretches(item.draft),
        "asked": card.request_rows(item.evidence, tenant.locale),
        "cited": read,
        "is_waiting": True,
    }


def look_context(look: SecondLook, item: ReviewItem, tenant: Tenant) -> dict[str, Any]:
    """The page of a second look; what was decided is in it only once it was answered."""
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
    """A decided item as it was put up, with its actions: what a mistake is put into."""

    item: ReviewItem
    acts: list[Proposal]
    problem: str

    def context(self, posted: QueryDict | None, locale: str) -> dict[str, Any]:
        """What its form shows, with what was typed if it came back."""
        typed = posted.get("draft") if posted is not None else None
        text = forms.draft_text(self.item)
        return {
            "item": self.item,
            "problem": self.problem,
            "edits": forms.fields(self.item, self.acts, posted, locale=locale),
            "draft_text": text if typed is None else typed,
        }


def copy_of(case: Case, tenant: Tenant) -> Copy:
    """What may be made wrong in a copy; ``problem`` says why there can be none now."""
    item = case.item
    problem = planting_rules.planting_problem(case, tenant)
    if not problem and not is_over(item):
        problem = TOO_EARLY
    item.draft = planting_rules.first_draft(item)
    return Copy(item, planting_rules.originals(case.proposals), problem)


def case_of(item_id: Any) -> Case | None:
    """A decided item with its actions; None where there is none, or one that was planted."""
    case = queries.case_to_decide(item_id)
    return None if case is None or case.item.planted else case

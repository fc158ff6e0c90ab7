"""Policies of a client are added, changed, ordered and removed here; waiting items follow."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from approvals import queries
from approvals.gate.tools import live_tools
from approvals.models import Policy, ReviewItem
from approvals.policies import orphans
from approvals.quality import planting
from approvals.review.approval import policy_actions
from approvals.rules.phrases import LARGEST, currencies
from approvals.rules.policy_sentences import Names, sentence
from approvals.rules.policy_terms import Board, Group, PolicyTerms, fitting
from audit import outbox
from audit.services import record
from audit.verbs import Verb
from tenants import access, clock
from tenants.actors import Actor
from tenants.db import unit_of_work
from tenants.db.lookup import get_or_not_found
from tenants.errors import Conflict, Invalid
from tenants.roles import Capability
from tenants.scope import current_tenant_id

REFIT = "policy.refit"
MOST = 50  # a list that nobody reads protects nobody
MOST_HOURS = 400
AT_ONCE = 5_000
SET = ("workflow_id", "tool", "kind", "over", "currency", "apart", "at_end", "refuse_same")


def add_policy(terms: PolicyTerms, names: Names, *, actor: Actor) -> Policy:
    """Add a policy at the end of the list. ``names`` are the things it may name.

    Raises Forbidden, Invalid for a policy that can match nothing or be met by nobody, Conflict for
    a full list.
    """
    access.require(actor, Capability.SET_POLICIES)
    check(terms, names)
    last = Policy.objects.order_by("-position").first()
    if Policy.objects.count() >= MOST:
        raise Conflict(f"{MOST} policies are the most. Remove one first.", code="too_many")
    made = Policy(position=last.position + 1 if last else 1, made_by_id=actor.person_id)
    _fill(made, terms)
    made.save(force_insert=True)
    record(Verb.POLICY_ADDED, made, actor=actor, after={"policy": sentence(terms, names)})
    _enqueue_refit()
    return made


def change_policy(policy_id: UUID, terms: PolicyTerms, names: Names, *, actor: Actor) -> Policy:
    """Change a policy. Approvals given under its former version are refused at their execution.

    Raises what ``add_policy`` raises, and NotFound.
    """
    access.require(actor, Capability.SET_POLICIES)
    stored = _get(policy_id)
    check(terms, names)
    before = sentence(stored.terms(), names)
    _fill(stored, terms)
    stored.version += 1
    stored.changed_at = clock.now()
    stored.save()
    after = {"policy": sentence(terms, names)}
    record(Verb.POLICY_CHANGED, stored, actor=actor, before={"policy": before}, after=after)
    _enqueue_refit()
    return stored


def remove_policy(policy_id: UUID, names: Names, *, actor: Actor) -> None:
    """Remove a policy from the list. Raises Forbidden, NotFound."""
    access.require(actor, Capability.SET_POLICIES)
    stored = _get(policy_id)
    before = {"policy": sentence(stored.terms(), names)}
    record(Verb.POLICY_REMOVED, stored, actor=actor, before=before)
    stored.delete()
    _enqueue_refit()


def move_up(policy_id: UUID, names: Names, *, actor: Actor) -> None:
    """Move a policy one place up, so that it is matched earlier. Raises Forbidden, NotFound."""
    access.require(actor, Capability.SET_POLICIES)
    stored = _get(policy_id)
    previous = Policy.objects.filter(position__lt=stored.position).order_by("-position").first()
    if previous is None:
        return
    # The unique constraint on the position is checked at commit, so the two rows can swap.
    stored.position, previous.position = previous.position, stored.position
    stored.save(update_fields=["position"])
    previous.save(update_fields=["position"])
    said = sentence(stored.terms(), names)
    moved = {"policy": f"{said} It goes before: {sentence(previous.terms(), names)}"}
    record(Verb.POLICY_CHANGED, stored, actor=actor, after=moved)
    _enqueue_refit()


def _get(policy_id: UUID) -> Policy:
    return get_or_not_found(Policy.objects.select_for_update(), "policy", pk=policy_id)


def _fill(stored: Policy, terms: PolicyTerms) -> None:
    for name in SET:
        setattr(stored, name, getattr(terms, name))
    stored.groups = [_stored(group) for group in terms.groups]
    stored.backup = _stored(terms.backup) if terms.backup else None
    stored.backup_after, stored.hours = terms.backup_after, terms.hours


def _stored(group: Group) -> dict[str, Any]:
    people = [str(one) for one in group.people]
    return {"roles": list(group.roles), "people": people, "needed": group.needed}


def check(terms: PolicyTerms, names: Names) -> None:
    """Raise Invalid for a policy that can match nothing, or that the client's people can't meet."""
    _check_what(terms, names)
    people = queries.people()
    deciding = {one.id for one, _ in people.everyone if one.may_decide}
    for group in (*terms.groups, *([terms.backup] if terms.backup else [])):
        _check_group(group, deciding)
    if terms.backup_after is not None and terms.backup is None:
        raise Invalid("Choose who is asked too, or leave their hours empty.", code="no_backup")
    if terms.backup and terms.backup_after is None:
        raise Invalid("Say after how many working hours they are asked too.", code="no_hours")
    _check_hours(terms)
    # The largest possible board: all workflows granted, nobody away or set apart.
    if not Board(people.as_if_granted(), {}).is_possible(terms):
        raise Invalid("There are not enough people for this: it could never be met.", code="few")


def _check_what(terms: PolicyTerms, names: Names) -> None:
    if terms.workflow_id is not None and terms.workflow_id not in names.workflows:
        raise Invalid("There is no such workflow.", code="matches_nothing")
    tools = [tool for tool in live_tools() if terms.tool in ("", tool.name)]
    if terms.tool and not tools:
        raise Invalid(f"There is no tool called {terms.tool}.", code="matches_nothing")
    if terms.kind and terms.kind not in {tool.kind for tool in tools}:
        raise Invalid("No tool here does that, so this would fit nothing.", code="matches_nothing")
    if terms.over is not None and not 0 <= terms.over < LARGEST:
        raise Invalid("An amount goes from nothing to some trillions.", code="bad_amount")
    if terms.over is not None and terms.currency not in currencies():
        raise Invalid(f"{terms.currency} is no currency. Use one such as USD.", code="bad_amount")


def _check_group(group: Group, deciding: Collection[UUID]) -> None:
    if not group.roles and not group.people:
        raise Invalid("Choose a role or a person who decides.", code="nobody")
    if not set(group.roles) <= {"owner", "approver"}:
        raise Invalid("Only owners and approvers decide.", code="bad_role")
    if not set(group.people) <= set(deciding):
        raise Invalid("Only owners and approvers of this business decide.", code="bad_person")
    if not 1 <= group.needed <= 9:
        raise Invalid("From one to nine people can be needed.", code="bad_number")


def _check_hours(terms: PolicyTerms) -> None:
    given = [hours for hours in (terms.hours, terms.backup_after) if hours is not None]
    if any(not 1 <= hours <= MOST_HOURS for hours in given):
        raise Invalid(f"Hours go from 1 to {MOST_HOURS}.", code="bad_hours")
    if len(given) == 2 and given[1] >= given[0]:
        raise Invalid("The backup must be asked before the time is over.", code="bad_hours")


def _enqueue_refit() -> None:
    outbox.enqueue(REFIT, current_tenant_id())


def refit(claim: outbox.Claim) -> None:
    """Update the policy of the tenant's waiting items after a change of the list.

    Handler of ``policy.refit``. A decision matches the list itself; this keeps the queues of people
    in step. Deadlines stay as they were promised.
    """
    policies = queries.tenant_rules().policies
    waiting = ReviewItem.objects.filter(status="waiting").exclude(kind="exception")
    items = waiting.prefetch_related("proposals").order_by("due_at", "id")[:AT_ONCE]
    for item in items:
        acts = policy_actions(p for p in item.proposals.all() if p.status == "proposed")
        terms = fitting(policies, item.workflow_id, acts)
        fits = terms.id if terms else None
        if fits != item.policy_id:
            unit_of_work.update(item, {"policy_id": fits})
    unit_of_work.send_kept()
    planting.close_under_policy(policies)
    orphans.mark_orphans()

"""Waiting items that a person may decide, as a condition on the queue."""

from dataclasses import replace
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from approvals import queries
from approvals.models import SignOff
from approvals.rules.policy_terms import Board, PolicyTerms
from tenants import access
from tenants.actors import Actor
from tenants.roles import Capability


def decidable(actor: Actor) -> tuple[Q | None, queries.People | None]:
    """Return the condition for items this person may decide, and the people if they were read.

    None as condition: they may decide nothing. One query.
    """
    roles = by_roles(actor)
    if actor.kind != "person":
        return roles, None
    people = queries.people()
    if not people.policies:
        return roles, people
    found = _by_policies(actor.person_id, people)
    under_policy = Q(policy_id__in=[terms.id for terms in people.policies])
    return (found if roles is None else found | roles & ~under_policy), people


def team(actor: Actor, people: queries.People | None) -> Q | None:
    """Return the condition for items in the workflows this person decides in; None for none.

    By role, by grant, or by a policy that names them or their role. Items they have signed, snoozed
    or are set apart from are included. No query.
    """
    everywhere = by_roles(actor)
    if everywhere is None or everywhere == Q() or people is None or not people.policies:
        return everywhere
    person = actor.person_id
    named = [terms.id for terms in people.policies if _names(person, terms, people)]
    return everywhere | Q(policy_id__in=named)


def _names(person: UUID, terms: PolicyTerms, people: queries.People) -> bool:
    """Return whether a policy asks for this person wherever it fits, at once or as the backup."""
    groups = (*terms.groups, *([terms.backup] if terms.backup else []))
    return any(person in group.people for group in groups) or any(
        _counts(person, terms, people, granted=False, escalated=escalated)
        for escalated in (False, True)
    )


def by_roles(actor: Actor) -> Q | None:
    """Return where this person may decide by role or grant, without policies; None for nowhere."""
    if actor.has(Capability.DECIDE):
        return Q()
    if Capability.DECIDE in actor.by_grant and actor.id:
        return Q(workflow_id__in=access.granted_ids(actor.id))
    return None


def _by_policies(person: UUID, people: queries.People) -> Q:
    """Return the condition for unsigned items whose policy counts this person's yes."""
    me = ((one.mailbox, given) for one, given in people.everyone if one.id == person)
    mailbox, given = next(me, ("", frozenset()))
    found = Q(pk__in=[])
    for terms in people.policies:
        fits = Q(pk__in=[])
        for escalated in (False, True):
            everywhere, where_granted = (
                _counts(person, terms, people, granted=granted, escalated=escalated)
                for granted in (False, True)
            )
            stage = Q(escalated_at__isnull=not escalated)
            if everywhere:
                fits |= stage
            elif where_granted:
                fits |= stage & Q(workflow_id__in=given)
        if terms.apart:
            fits &= ~Q(asked_by_person=person) | Q(asked_by_person=None)
            for shaped in filter(None, (str(person), mailbox)):
                fits &= ~Q(shaped_by__contains=[shaped])
            fits &= ~Q(revisions__changed_by_id=person)
        found |= Q(policy_id=terms.id) & fits
    signed = SignOff.objects.filter(
        item=OuterRef("pk"), by_id=person, content_hash=OuterRef("content_hash")
    )
    return found & Q(~Exists(signed))


def _counts(
    person: UUID, terms: PolicyTerms, people: queries.People, *, granted: bool, escalated: bool
) -> bool:
    """Return whether the person's yes counts under the policy, with workflows granted or not."""
    everyone = tuple(replace(one, granted=granted) for one, _ in people.everyone)
    return Board(everyone, people.away, escalated=escalated).may_sign(terms, person)

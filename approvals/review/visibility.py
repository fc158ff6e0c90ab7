"""Waiting items that a person may decide, as a condition on the queue.

A ``Reach`` is what roles, grants and policies say of a person; the person's own values come with a
``Viewer``. So people with the same reach share one compiled query.
"""

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.db.models import (
    DateTimeField,
    Exists,
    OuterRef,
    Q,
    TextField,
    UUIDField,
    Value,
)

from approvals import queries
from approvals.models import SignOff
from approvals.rules.policy_terms import Board, PolicyTerms
from tenants import access, clock
from tenants.actors import Actor
from tenants.db.compiled import JsonList, OneOf, Param
from tenants.roles import Capability

STAGES = (False, True)  # before the backup was asked, and after


@dataclass(frozen=True, slots=True)
class Viewer:
    """A person's own values: id, mailbox, the workflows they were granted; and the present time.

    ``policies`` are the ids of the client's policies, in their order; None for parameters.
    """

    person: Any
    mailbox: Any
    granted: Q
    now: Any
    policies: tuple[UUID, ...] | None = None

    def policy(self, number: int) -> Any:
        """Return the id of a policy by its number."""
        if self.policies is None:
            return Param(f"policy {number}", UUIDField())
        return self.policies[number]


# The values of whoever runs a compiled query: see ``viewer_values``.
ANY_VIEWER = Viewer(
    Param("person", UUIDField()),
    Param("mailbox", TextField()),
    Q(OneOf("workflow_id", "granted")),
    Param("now", DateTimeField()),
)


@dataclass(frozen=True, slots=True)
class PolicyReach:
    """How a person counts under one policy, by its number, at each of the STAGES.

    ``everywhere``: their yes counts in any workflow; ``granted``: in those they were granted.
    ``named``: the policy names them or their role, so its items are their team's.
    """

    number: int
    apart: bool
    everywhere: tuple[bool, ...]
    granted: tuple[bool, ...]
    named: bool

    def condition(self, viewer: Viewer) -> Q:
        """Return the condition for items of this policy that the person may decide."""
        fits = Q(pk__in=[])
        for escalated in STAGES:
            stage = Q(escalated_at__isnull=not escalated)
            if self.everywhere[escalated]:
                fits |= stage
            elif self.granted[escalated]:
                fits |= stage & viewer.granted
        if self.apart:
            fits &= ~Q(asked_by_person=viewer.person) | Q(asked_by_person=None)
            fits &= ~Q(shaped_by__contains=JsonList(viewer.person))
            fits &= ~Q(shaped_by__contains=JsonList(viewer.mailbox))
            fits &= ~Q(revisions__changed_by_id=viewer.person)
        return Q(policy_id=viewer.policy(self.number)) & fits


@dataclass(frozen=True, slots=True)
class Reach:
    """Where a person decides: by their role everywhere or by grant, and under which policies."""

    by_role: bool = False
    by_grant: bool = False
    policies: tuple[PolicyReach, ...] = ()

    @property
    def is_everything(self) -> bool:
        """Whether the person may decide every item that waits."""
        return self.by_role and not self.policies

    @property
    def is_nothing(self) -> bool:
        """Whether the person may decide nothing, whatever waits."""
        return not (self.by_role or self.by_grant or self.policies)

    def decidable(self, viewer: Viewer) -> Q | None:
        """Return the condition for items this person may decide; None for none."""
        roles = self._roles(viewer)
        if not self.policies:
            return roles
        found = Q(pk__in=[])
        for one in self.policies:
            found |= one.condition(viewer)
        found &= Q(~Exists(_signed(viewer)))
        under_policy = Q(policy_id__in=[viewer.policy(one.number) for one in self.policies])
        return found if roles is None else found | roles & ~under_policy

    def team(self, viewer: Viewer) -> Q | None:
        """Return the condition for items in workflows this person decides in; None for none.

        By role, by grant, or by a policy that names them or their role. Items they have signed,
        snoozed or are set apart from are included.
        """
        roles = self._roles(viewer)
        if roles is None or self.by_role or not self.policies:
            return roles
        named = [viewer.policy(one.number) for one in self.policies if one.named]
        return roles | Q(policy_id__in=named)

    def _roles(self, viewer: Viewer) -> Q | None:
        if self.by_role:
            return Q()
        return Q(workflow_id__in=access.granted_ids(viewer.person)) if self.by_grant else None


def _signed(viewer: Viewer) -> Any:
    of = {"item": OuterRef("pk"), "content_hash": OuterRef("content_hash")}
    return SignOff.objects.filter(**of, by_id=viewer.person)


def reach_of(actor: Actor) -> tuple[Reach, queries.People | None]:
    """Return where a person decides, and the people if they were read. One query, for people."""
    by_role = actor.has(Capability.DECIDE)
    by_grant = not by_role and Capability.DECIDE in actor.by_grant and actor.id is not None
    if actor.kind != "person":
        return Reach(by_role, by_grant), None
    people = queries.people()
    policies = (
        _policy_reach(actor.person_id, n, terms, people) for n, terms in enumerate(people.policies)
    )
    return Reach(by_role, by_grant, tuple(policies)), people


def viewer_values(actor: Actor, people: queries.People | None) -> dict[str, Any]:
    """Return the values of ANY_VIEWER's parameters for this person."""
    everyone = people.everyone if people else ()
    me = ((one.mailbox, given) for one, given in everyone if one.id == actor.id)
    mailbox, granted = next(me, ("", frozenset()))
    own = {"person": actor.id, "mailbox": mailbox, "granted": [*granted], "now": clock.now()}
    policies = people.policies if people else ()
    return own | {f"policy {n}": terms.id for n, terms in enumerate(policies)}


def viewer_of(actor: Actor, people: queries.People | None) -> Viewer:
    """Return the person's own values."""
    values = viewer_values(actor, people)
    granted = Q(workflow_id__in=values["granted"])
    person = Value(values["person"], UUIDField())
    policies = tuple(terms.id for terms in people.policies) if people else ()
    return Viewer(person, Value(values["mailbox"]), granted, values["now"], policies)


def by_roles(actor: Actor) -> Q | None:
    """Return where this person may decide by role or grant, without policies; None for nowhere."""
    if actor.has(Capability.DECIDE):
        return Q()
    if Capability.DECIDE in actor.by_grant and actor.id:
        return Q(workflow_id__in=access.granted_ids(actor.id))
    return None


def _policy_reach(
    person: UUID, number: int, terms: PolicyTerms, people: queries.People
) -> PolicyReach:
    def counts(granted: bool) -> tuple[bool, ...]:
        everyone = tuple(replace(one, granted=granted) for one, _ in people.everyone)
        boards = (Board(everyone, people.away, escalated=escalated) for escalated in STAGES)
        return tuple(board.may_sign(terms, person) for board in boards)

    everywhere = counts(granted=False)
    groups = (*terms.groups, *([terms.backup] if terms.backup else []))
    named = any(everywhere) or any(person in group.people for group in groups)
    return PolicyReach(number, terms.apart, everywhere, counts(granted=True), named)

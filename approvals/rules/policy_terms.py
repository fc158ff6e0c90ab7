"""Policies say who decides about an item, how many of them, and until when. Pure.

The first policy of a client's list that fits an item decides about it; without one, an owner or an
approver of the workflow does. A policy never lets anything be done that the ladder or a never-rule
forbids.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from approvals.rules.amounts import amounts, has_unreadable
from approvals.rules.quorum import unfilled
from tenants.mail.identity import mailbox_of


@dataclass(frozen=True, slots=True)
class Person:
    """A member of the client's business, with their role and whether they have this workflow."""

    id: UUID
    name: str
    email: str
    role: str
    granted: bool = False

    @property
    def mailbox(self) -> str:
        """The mailbox of the address; two accounts of one person have the same."""
        return mailbox_of(self.email)

    @property
    def may_decide(self) -> bool:
        """Whether the role may decide at all."""
        return self.role in ("owner", "approver")


@dataclass(frozen=True, slots=True)
class Group:
    """A group of people, by role or by name, of whom ``needed`` must say yes.

    The role "approver" means those who were granted the workflow.
    """

    roles: tuple[str, ...] = ()
    people: tuple[UUID, ...] = ()
    needed: int = 1

    def members(self, everyone: Iterable[Person]) -> set[UUID]:
        """Return the ids of the people who belong to the group now."""
        return {p.id for p in everyone if p.may_decide and (p.id in self.people or self._has(p))}

    def _has(self, person: Person) -> bool:
        if person.role not in self.roles:
            return False
        return person.role != "approver" or person.granted


@dataclass(frozen=True, slots=True)
class PolicyTerms:
    """The terms of one policy. Empty conditions match anything.

    ``over`` is in minor units of ``currency``. ``hours`` and ``backup_after`` are working hours
    from the item's opening. ``apart``: people who asked for the item or edited it don't count.
    ``at_end`` is what follows when nobody decided about an action in time: "close", or "raise" for
    an exception; neither approves. ``refuse_same``: an action that was done before is refused.
    """

    id: UUID
    version: int
    groups: tuple[Group, ...]
    workflow_id: UUID | None = None
    tool: str = ""
    kind: str = ""
    over: int | None = None
    currency: str = ""
    apart: bool = False
    backup: Group | None = None
    backup_after: int | None = None
    hours: int | None = None
    at_end: str = "close"
    refuse_same: bool = False

    @property
    def mark(self) -> str:
        """The policy and its version, as a permit stores them."""
        return f"{self.id}:{self.version}"

    @property
    def is_single(self) -> bool:
        """Whether one person's yes is enough."""
        return sum(group.needed for group in self.groups) == 1

    def fits(self, workflow_id: UUID, acts: Sequence["PolicyAction"]) -> bool:
        """Return whether the policy decides about an item of this workflow with these actions."""
        if self.workflow_id not in (None, workflow_id):
            return False
        if not (self.tool or self.kind or self.over is not None):
            return True
        return any(self._fits(act) for act in acts)

    def _fits(self, act: "PolicyAction") -> bool:
        if self.tool not in ("", act.tool) or self.kind not in ("", act.kind):
            return False
        return self.over is None or self._is_over(act, self.over)

    def _is_over(self, act: "PolicyAction", over: int) -> bool:
        """Return whether an amount is above the limit, unreadable, or in another currency."""
        return has_unreadable(act.kind, act.args) or any(
            abs(money["value"]) > over or money["currency"] != self.currency
            for money in amounts(act.args)
        )


@dataclass(frozen=True, slots=True)
class PolicyAction:
    """An action in the shape that policies match."""

    tool: str
    kind: str
    args: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Board:
    """The people who could say yes to an item now.

    ``away`` maps people who are out of office to their stand-in, or to None. ``apart`` are those
    who don't count, because they asked for the item or edited it. ``escalated``: the backup is
    asked too.
    """

    everyone: tuple[Person, ...]
    away: Mapping[UUID, UUID | None]
    apart: frozenset[UUID] = frozenset()
    escalated: bool = False

    def eligible(self, terms: PolicyTerms) -> list[set[UUID]]:
        """Return the people of each group who may sign now, in the order of the groups."""
        return [self._of(group, terms) for group in terms.groups]

    def _of(self, group: Group, terms: PolicyTerms) -> set[UUID]:
        found = self._present(group)
        if terms.backup and self._asks_backup(group):
            found |= self._present(terms.backup)
        return found

    def _asks_backup(self, group: Group) -> bool:
        """Return whether the backup is asked too: after escalation, or if too few are present."""
        return self.escalated or len(self._present(group) - self.away.keys()) < group.needed

    def _present(self, group: Group) -> set[UUID]:
        members = group.members(self.everyone) - self._not_counting()
        stand_ins = self._stand_ins()
        return members | {stand_ins[one] for one in members & stand_ins.keys()}

    def _stand_ins(self) -> dict[UUID, UUID]:
        """Return who may sign for whom now; people set apart can't have or be a stand-in."""
        kept_out = self._not_counting()
        deciding = {one.id for one in self.everyone if one.may_decide} - kept_out
        return {
            away: other
            for away, other in self.away.items()
            if away not in kept_out and other in deciding
        }

    def _not_counting(self) -> set[UUID]:
        """Return the people set apart, with every account that has the same mailbox."""
        if not self.apart:
            return set()
        mailboxes = {p.mailbox for p in self.everyone if p.id in self.apart}
        return {p.id for p in self.everyone if p.mailbox in mailboxes} | self.apart

    def missing(self, terms: PolicyTerms, signed: Sequence[UUID]) -> list[int]:
        """Return how many people are still missing of each group, if these have signed.

        A person counts once, whatever their groups and accounts, and so do a person and their
        stand-in together.
        """
        names = {p.id: p.mailbox for p in self.everyone}
        groups = [self._members(group, terms) for group in terms.groups]
        eligible = set().union(*self.eligible(terms))
        stands_for: dict[str, set[str]] = {}
        for away, other in self._stand_ins().items():
            if away in names:
                stands_for.setdefault(names[other], set()).add(names[away])
        return unfilled(
            [group.needed for group in terms.groups],
            [{names[one] for one in members} for members in groups],
            [names[one] for one in signed if one in eligible],
            stands_for,
        )

    def _members(self, group: Group, terms: PolicyTerms) -> set[UUID]:
        """Return a group's members, with the backup's where it is asked too."""
        found = group.members(self.everyone)
        if terms.backup and self._asks_backup(group):
            found |= terms.backup.members(self.everyone)
        return found - self._not_counting()

    def may_sign(self, terms: PolicyTerms, person: UUID) -> bool:
        """Return whether this person's yes could count."""
        return any(person in group for group in self.eligible(terms))

    def is_possible(self, terms: PolicyTerms) -> bool:
        """Return whether the people who may sign are enough."""
        return not any(self.missing(terms, sorted(set().union(*self.eligible(terms)))))


def fitting(
    policies: Iterable[PolicyTerms], workflow_id: UUID, acts: Sequence[PolicyAction]
) -> PolicyTerms | None:
    """Return the first policy that fits; None where none does."""
    return next((one for one in policies if one.fits(workflow_id, acts)), None)

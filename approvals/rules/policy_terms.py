"""Policies: who decides about what, how many of them, and until when. Pure.

The first policy of a client's list that fits an item decides about it; without one, an
owner or an approver of the workflow does. A policy says who; it never lets anything be
done that the ladder or a never-rule forbids.
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
    """A member of the client's business: their role, and whether they have this workflow."""

    id: UUID
    name: str
    email: str
    role: str
    granted: bool = False

    @property
    def mailbox(self) -> str:
        """The mailbox behind the address: two accounts of one person have one."""
        return mailbox_of(self.email)

    @property
    def may_decide(self) -> bool:
        """Whether the role is one that decides at all."""
        return self.role in ("owner", "approver")


@dataclass(frozen=True, slots=True)
class Group:
    """People of whom ``needed`` must say yes: by role, or by name.

    The role "approver" means those who were given the workflow.
    """

    roles: tuple[str, ...] = ()
    people: tuple[UUID, ...] = ()
    needed: int = 1

    def members(self, everyone: Iterable[Person]) -> set[UUID]:
        """Who belongs to it now."""
        return {p.id for p in everyone if p.may_decide and (p.id in self.people or self._has(p))}

    def _has(self, person: Person) -> bool:
        if person.role not in self.roles:
            return False
        return person.role != "approver" or person.granted


@dataclass(frozen=True, slots=True)
class PolicyTerms:
    """One rule of the list. Empty conditions don't narrow it.

    ``over`` is in minor units of ``currency``. ``hours`` and ``backup_after`` are working
    hours from the item's opening. ``apart``: who asked or edited does not count. ``at_end`` is
    what follows when nobody decided about an action in time: "close", or "raise" for an
    exception. Neither approves. ``refuse_same``: what was done before is not done again.
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
        """What a permit names it by; another version has another."""
        return f"{self.id}:{self.version}"

    @property
    def is_single(self) -> bool:
        """Whether one person's yes is enough."""
        return sum(group.needed for group in self.groups) == 1

    def fits(self, workflow_id: UUID, acts: Sequence["PolicyAction"]) -> bool:
        """Whether it decides about an item of this workflow with these actions."""
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
        """Whether an amount is over it or may be: unreadable, or at a rate nobody knows here."""
        return has_unreadable(act.kind, act.args) or any(
            abs(money["value"]) > over or money["currency"] != self.currency
            for money in amounts(act.args)
        )


@dataclass(frozen=True, slots=True)
class PolicyAction:
    """An action as a policy sees it."""

    tool: str
    kind: str
    args: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Board:
    """Who could say yes to an item now.

    ``away`` are the people who are out of office, with who stands in for them. ``apart``
    are those who don't count, because they asked or edited. ``escalated``: the backup is
    asked too.
    """

    everyone: tuple[Person, ...]
    away: Mapping[UUID, UUID | None]
    apart: frozenset[UUID] = frozenset()
    escalated: bool = False

    def eligible(self, terms: PolicyTerms) -> list[set[UUID]]:
        """The people of each group who may sign now, in the order of the groups."""
        return [self._of(group, terms) for group in terms.groups]

    def _of(self, group: Group, terms: PolicyTerms) -> set[UUID]:
        found = self._present(group)
        if terms.backup and self._asks_backup(group):
            found |= self._present(terms.backup)
        return found

    def _asks_backup(self, group: Group) -> bool:
        """Whether the backup is asked too: who left or is away alone is replaced at once."""
        return self.escalated or len(self._present(group) - self.away.keys()) < group.needed

    def _present(self, group: Group) -> set[UUID]:
        members = group.members(self.everyone) - self._not_counting()
        stand_ins = self._stand_ins()
        return members | {stand_ins[one] for one in members & stand_ins.keys()}

    def _stand_ins(self) -> dict[UUID, UUID]:
        """Who may sign for whom now. Who does not count neither lends a place nor takes one."""
        kept_out = self._not_counting()
        deciding = {one.id for one in self.everyone if one.may_decide} - kept_out
        return {
            away: other
            for away, other in self.away.items()
            if away not in kept_out and other in deciding
        }

    def _not_counting(self) -> set[UUID]:
        """Whoever is set apart, with every account that has the same mailbox."""
        if not self.apart:
            return set()
        mailboxes = {p.mailbox for p in self.everyone if p.id in self.apart}
        return {p.id for p in self.everyone if p.mailbox in mailboxes} | self.apart

    def missing(self, terms: PolicyTerms, signed: Sequence[UUID]) -> list[int]:
        """How many are still missing of each group, if these have signed.

        One person counts once, whatever their groups and accounts, and so do a person and
        their stand-in together.
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
        """Whose places a group has, the backup's among them where it is asked too."""
        found = group.members(self.everyone)
        if terms.backup and self._asks_backup(group):
            found |= terms.backup.members(self.everyone)
        return found - self._not_counting()

    def may_sign(self, terms: PolicyTerms, person: UUID) -> bool:
        """Whether this person's yes could count."""
        return any(person in group for group in self.eligible(terms))

    def is_possible(self, terms: PolicyTerms) -> bool:
        """Whether the people who may sign are enough."""
        return not any(self.missing(terms, sorted(set().union(*self.eligible(terms)))))


def fitting(
    policies: Iterable[PolicyTerms], workflow_id: UUID, acts: Sequence[PolicyAction]
) -> PolicyTerms | None:
    """The first policy that fits; None where none does."""
    return next((one for one in policies if one.fits(workflow_id, acts)), None)

"""Policies: who decides about what, how many of them, and until when. Pure.

The first policy of a client's list that fits an item decides about it; without one, an
owner or an approver of the workflow does. A policy says who; it never lets anything be
done that the ladder or a never-rule forbids.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from approvals.phrases import is_money


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
        local, _, host = self.email.casefold().partition("@")
        local = local.partition("+")[0]
        if host in ("gmail.com", "googlemail.com"):
            local, host = local.replace(".", ""), "gmail.com"
        return f"{local}@{host}"

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
class Terms:
    """One rule of the list. Empty conditions don't narrow it.

    ``over`` is in minor units of ``currency``. ``hours`` and ``backup_after`` are working
    hours from the item's opening. ``apart``: who asked or edited does not count. ``at_end`` is
    what follows when nobody decided about an action in time: "close", or "raise" for an
    exception. Neither approves.
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

    @property
    def mark(self) -> str:
        """What a permit names it by; another version has another."""
        return f"{self.id}:{self.version}"

    @property
    def is_single(self) -> bool:
        """Whether one person's yes is enough."""
        return sum(group.needed for group in self.groups) == 1

    def fits(self, workflow_id: UUID, acts: Sequence["Act"]) -> bool:
        """Whether it decides about an item of this workflow with these actions."""
        if self.workflow_id not in (None, workflow_id):
            return False
        if not (self.tool or self.kind or self.over is not None):
            return True
        return any(self._fits(act) for act in acts)

    def _fits(self, act: "Act") -> bool:
        if self.tool not in ("", act.tool) or self.kind not in ("", act.kind):
            return False
        return self.over is None or any(
            # Nobody knows the rate here, so another currency is on the safe side.
            money["value"] > self.over or money["currency"] != self.currency
            for money in amounts(act.args)
        )


@dataclass(frozen=True, slots=True)
class Act:
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

    def eligible(self, terms: Terms) -> list[set[UUID]]:
        """The people of each group who may sign now, in the order of the groups."""
        return [self._of(group, terms) for group in terms.groups]

    def _of(self, group: Group, terms: Terms) -> set[UUID]:
        found = self._present(group)
        there = found - self.away.keys()
        if terms.backup and (self.escalated or len(there) < group.needed):
            # Who left or is away without a stand-in is replaced at once.
            found |= self._present(terms.backup)
        return found

    def _present(self, group: Group) -> set[UUID]:
        members = group.members(self.everyone)
        deciding = {person.id for person in self.everyone if person.may_decide}
        stand_ins = {self.away[one] for one in members & self.away.keys()} - {None}
        found = members | {one for one in stand_ins if one in deciding and one}
        return found - self._not_counting()

    def _not_counting(self) -> set[UUID]:
        """Whoever is set apart, with every account that has the same mailbox."""
        mailboxes = {p.mailbox for p in self.everyone if p.id in self.apart}
        return {p.id for p in self.everyone if p.mailbox in mailboxes} | self.apart

    def missing(self, terms: Terms, signed: Sequence[UUID]) -> list[int]:
        """How many are still missing of each group, if these have signed.

        One person counts once, whatever their groups and accounts.
        """
        eligible = self.eligible(terms)
        slots = [n for n, group in enumerate(terms.groups) for _ in range(group.needed)]
        taken: dict[int, UUID] = {}

        def place(person: UUID, tried: set[int]) -> bool:
            # A matching of people to slots, by augmenting paths (Kuhn 1955).
            for slot, group in enumerate(slots):
                if slot in tried or person not in eligible[group]:
                    continue
                tried.add(slot)
                if slot not in taken or place(taken[slot], tried):
                    taken[slot] = person
                    return True
            return False

        for person in self._distinct(signed):
            place(person, set())
        left = [0] * len(terms.groups)
        for slot, group in enumerate(slots):
            left[group] += slot not in taken
        return left

    def _distinct(self, signed: Sequence[UUID]) -> list[UUID]:
        mailboxes = {p.id: p.mailbox for p in self.everyone}
        seen: dict[str, UUID] = {}
        for one in signed:
            seen.setdefault(mailboxes.get(one, str(one)), one)
        return list(seen.values())

    def may_sign(self, terms: Terms, person: UUID) -> bool:
        """Whether this person's yes could count."""
        return any(person in group for group in self.eligible(terms))

    def is_possible(self, terms: Terms) -> bool:
        """Whether the people who may sign are enough."""
        return not any(self.missing(terms, sorted(set().union(*self.eligible(terms)))))


def fitting(policies: Iterable[Terms], workflow_id: UUID, acts: Sequence[Act]) -> Terms | None:
    """The first policy that fits; None where none does."""
    return next((one for one in policies if one.fits(workflow_id, acts)), None)


def amounts(value: Any) -> list[dict[str, Any]]:
    """Every amount of money in arguments, however deep."""
    match value:
        case dict() if is_money(value):
            return [value]
        case dict():
            return [money for inner in value.values() for money in amounts(inner)]
        case list():
            return [money for inner in value for money in amounts(inner)]
    return []

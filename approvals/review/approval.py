"""The approval state of an item: the policy that fits it, and who may sign or has signed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from approvals import queries
from approvals.models import Proposal, ReviewItem, SignOff
from approvals.rules.policy_terms import Board, PolicyAction, PolicyTerms, fitting


@dataclass(frozen=True, slots=True)
class ApprovalState:
    """The policy that fits an item, the people who may sign, and who has signed its content now."""

    terms: PolicyTerms
    board: Board
    signed: tuple[UUID, ...] = ()

    def may_sign(self, person: UUID) -> bool:
        """Return whether this person's yes counts."""
        return self.board.may_sign(self.terms, person)

    def is_set_apart(self, person: UUID) -> bool:
        """Return whether this person would count, had they not asked for the item or edited it."""
        all_in = replace(self.board, apart=frozenset())
        return not self.may_sign(person) and all_in.may_sign(self.terms, person)

    def is_enough_with(self, person: UUID) -> bool:
        """Return whether no other person is needed once this person has signed."""
        return not any(self.board.missing(self.terms, [*self.signed, person]))

    @property
    def left(self) -> int:
        """The number of people who must still sign."""
        return sum(self.board.missing(self.terms, self.signed))

    def left_after(self, person: UUID) -> int:
        """Return how many people must still sign once this person has."""
        return sum(self.board.missing(self.terms, [*self.signed, person]))

    def edited(self, person: UUID) -> "ApprovalState":
        """Return the state after this person's edit: no sign-offs, and its author may not count."""
        apart = self.board.apart | ({person} if self.terms.apart else set())
        return ApprovalState(self.terms, replace(self.board, apart=apart))


def policy_actions(proposals: Iterable[Proposal]) -> list[PolicyAction]:
    """Return proposals in the shape that policies match."""
    return [PolicyAction(p.tool_name, p.kind, p.args) for p in proposals]


def approval_state_of(
    item: ReviewItem, acts: Sequence[PolicyAction], policies: Iterable[PolicyTerms]
) -> ApprovalState | None:
    """Return the approval state of an item with these actions. None: no policy, roles decide.

    Without a policy one person's yes is enough. No query where no policy fits; exceptions have
    none.
    """
    terms = None if item.kind == "exception" else fitting(policies, item.workflow_id, acts)
    if terms is None:
        return None
    return ApprovalState(terms, board_of(item, terms), tuple(signers(item)))


def board_of(item: ReviewItem, terms: PolicyTerms) -> Board:
    """Read the people who could approve an item under a policy now."""
    return board_from(queries.people(), item, terms)


def board_from(
    people: queries.People,
    item: ReviewItem,
    terms: PolicyTerms,
    editors: Iterable[UUID] | None = None,
) -> Board:
    """Return the board from people that were read already; ``editors`` too, where they were."""
    apart = people_apart(people, item, terms, editors)
    escalated = item.escalated_at is not None
    return Board(people.as_of(item.workflow_id), people.away, apart, escalated)


def people_apart(
    people: queries.People,
    item: ReviewItem,
    terms: PolicyTerms,
    editors: Iterable[UUID] | None = None,
) -> frozenset[UUID]:
    """Return who asked for an item, shaped it or edited it, where the policy excludes them."""
    if not terms.apart:
        return frozenset()
    if editors is None:
        editors = {one.changed_by_id for one in item.revisions.all()}
    shaped = set(item.shaped_by)
    shapers = {one.id for one, _ in people.everyone if {str(one.id), one.mailbox} & shaped}
    asked = {item.asked_by_person} if item.asked_by_person else set()
    return frozenset({*editors} | shapers | asked)


def signers(item: ReviewItem) -> list[UUID]:
    """Return who has signed the item's present content, in order."""
    found = SignOff.objects.filter(item=item, content_hash=item.content_hash)
    return list(found.order_by("at", "id").values_list("by_id", flat=True))

"""Several items that are alike are decided in one request, each by a decision of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import Prefetch

from approvals import queries
from approvals.decisions.batch_rules import MOST, batch_key, says_what_a_stranger_says
from approvals.decisions.services import Choice, decide
from approvals.models import DecisionChoice, Planted, Proposal, ReviewItem
from tenants.actors import Actor
from tenants.errors import DomainError, Invalid

BATCH_CHOICES = (DecisionChoice.ACCEPT, DecisionChoice.REJECT)


@dataclass(frozen=True, slots=True)
class Picked:
    """An item chosen for a batch, with the hash of the content that was shown."""

    item_id: UUID
    content_hash: str


@dataclass(frozen=True, slots=True)
class Result:
    """The result for one item of a batch.

    ``refused`` is the error if it was not decided; ``said`` is a sentence if it was planted.
    """

    item: ReviewItem
    refused: DomainError | None = None
    said: str = ""

    @property
    def problem(self) -> str:
        """The error's message; empty where the item was decided."""
        return self.refused.message if self.refused else ""


def decide_all(
    picked: Sequence[Picked], choice: str, *, reason: str = "", words: str = "", actor: Actor
) -> list[Result]:
    """Decide each item of a batch; return a Result for each, in the order given.

    An item that is refused leaves the others decided. Raises Invalid, with nothing decided, for
    items that are not alike, can't be undone, need several people, or hold an argument that
    stands only in a stranger's text.
    """
    if choice not in BATCH_CHOICES:
        raise Invalid("Several can be accepted or rejected together, nothing else.")
    if not 1 <= len(picked) <= MOST:
        raise Invalid(f"Choose from 1 to {MOST} items.", code="bad_number")
    items = _items(picked)
    _check(items)
    results = []
    for item, one in zip(items, picked, strict=True):
        chosen = Choice(choice, one.content_hash, reason=reason, words=words, is_one_of_many=True)
        try:
            # A savepoint for each item: a refusal rolls back that item alone.
            with transaction.atomic():
                made = decide(item.pk, chosen, actor=actor)
            results.append(Result(item, said=made.sentence() if isinstance(made, Planted) else ""))
        except DomainError as error:
            results.append(Result(item, error))
    return results


def _items(picked: Sequence[Picked]) -> list[ReviewItem]:
    actions = Proposal.objects.select_related("tool").order_by("position", "revision")
    found = (
        ReviewItem.objects.shown()
        .prefetch_related(Prefetch("proposals", actions))
        .in_bulk([one.item_id for one in picked])
    )
    if len(found) != len(picked):
        raise Invalid("Some of these items are not there. Look at the queue again.")
    return [found[one.item_id] for one in picked]


def _check(items: Sequence[ReviewItem]) -> None:
    strange = next(filter(says_what_a_stranger_says, items), None)
    if strange is not None:
        said = "a part of it stands only in a stranger's text."
        raise Invalid(f"Decide “{strange.title[:120]}” by itself: {said}", code="one_by_one")
    policies = queries.tenant_rules().policies
    kinds = set()
    for item in items:
        proposals = [p for p in item.proposals.all() if p.status != "superseded"]
        kinds.add(batch_key(item, proposals, policies))
    if "" in kinds:
        raise Invalid(
            "What can't be undone, or needs several people, is decided one by one.",
            code="one_by_one",
        )
    if len(kinds) > 1:
        raise Invalid("Choose items of one workflow that do the same.", code="not_alike")

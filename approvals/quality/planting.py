"""Planted mistakes are items known to be wrong, which show whether reviewers notice.

They exist only where the client's owner agreed. They look like any other item in the queue, and
nothing follows from them: they are answered, not decided, and get no permit.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol
from uuid import UUID

from django.db.models import QuerySet

from approvals.gate import verdict
from approvals.models import Planted, Proposal, ReviewItem, content_of
from approvals.models.quality import PlantOutcome
from approvals.quality.planting_rules import (
    first_draft,
    originals,
    planting_problem,
    require_plausible,
)
from approvals.queries import Case, get_case
from approvals.review import checks
from approvals.review.approval import policy_actions
from approvals.review.corrections import Corrections, corrections
from approvals.review.services import Action, propose
from approvals.rules import quality_metrics
from approvals.rules.phrases import title_of
from approvals.rules.policy_terms import PolicyTerms, fitting
from approvals.workflow_lookup import lookup
from audit import outbox
from audit.canonical import canonical, sha256
from audit.services import record
from audit.transitions import move
from audit.verbs import Verb
from tenants import access, clock
from tenants.actors import SYSTEM, Actor
from tenants.db import unit_of_work
from tenants.errors import Conflict, Forbidden, Invalid, Refused
from tenants.ids import uuid7
from tenants.models import Tenant
from tenants.roles import Capability
from tenants.scope import current_tenant_id

LONGEST = 300


@dataclass(frozen=True, slots=True)
class PlantedMistake:
    """The mistake to put into a copy: in words, with the whole draft and arguments by position."""

    words: str
    draft: str | None
    args: Corrections


class Chosen(Protocol):
    """A choice about an item, as far as an answer to a planted one needs it."""

    @property
    def choice(self) -> str: ...
    @property
    def reason(self) -> str: ...
    @property
    def words(self) -> str: ...
    @property
    def draft(self) -> str | None: ...
    @property
    def seconds(self) -> int | None: ...


@dataclass(frozen=True, slots=True)
class PlantedAnswer:
    """A person's answer to a planted item."""

    choice: str
    reason: str
    words: str
    seconds: int | None
    draft: str | None
    changed: Corrections

    @classmethod
    def of(cls, chosen: Chosen, changed: Corrections) -> "PlantedAnswer":
        """Return the answer of a choice and its checked edits."""
        return cls(
            chosen.choice, chosen.reason, chosen.words, chosen.seconds, chosen.draft, changed
        )


def plant_copy(
    item_id: UUID, mistake: PlantedMistake, *, workflow: verdict.WorkflowGate, actor: Actor
) -> Planted:
    """Put a copy of a decided item with a mistake into the queue.

    ``workflow`` is the item's workflow: an action it would never ask for is not planted. Raises
    NotFound, Forbidden for all but staff who configure the client, Refused where no mistake may be
    planted now, Invalid for a mistake that changes nothing or lacks words.
    """
    require_planter(actor)
    # The lock lets one person plant at a time: a second one sees the first one's mistake.
    tenant = Tenant.objects.select_for_update(no_key=True).get(pk=current_tenant_id())
    case = get_case(item_id)
    if problem := planting_problem(case, tenant):
        raise Refused(problem, code="not_planted")
    words = mistake.words.strip()
    if not words or len(words) > LONGEST:
        raise Invalid(f"Say what is wrong, in at most {LONGEST} characters.", code="no_words")
    return _store_copy(case, mistake, words, workflow, actor)


def require_planter(actor: Actor) -> None:
    """Raise Forbidden for all but the provider's staff who configure the client."""
    if actor.kind != "staff":
        raise Forbidden("Only the provider's staff plant mistakes.", code="role")
    access.require(actor, Capability.CONFIGURE)


def _store_copy(
    case: Case, mistake: PlantedMistake, words: str, workflow: verdict.WorkflowGate, actor: Actor
) -> Planted:
    source, acts = case.item, originals(case.proposals)
    source.draft = first_draft(source)
    changed = corrections(source, acts, mistake.draft, mistake.args)
    item = _copy(source, mistake.draft)
    actions = tuple(
        Action(a.step, a.tool, {**a.args, **changed.get(a.position, {})}, a.sources, a.rung)
        for a in acts
    )
    require_plausible(case, actions, workflow)
    if changed:
        item.title = title_of((one.tool, one.args) for one in actions)[:200]
    proposals = [propose(item, n, action) for n, action in enumerate(actions)]
    for proposal in proposals:
        proposal.planted = True
    item.content_hash = sha256(content_of(item, proposals))
    _check_current(case, item, proposals)
    item.save(force_insert=True)
    Proposal.objects.bulk_create(proposals)
    for proposal in proposals:  # one without a form would be told apart
        lookup().ask_for_preview(proposal)
    planted = Planted.objects.create(
        id=uuid7(),
        item=item,
        source=source,
        planted_by_id=actor.person_id,
        planted_at=clock.now(),
        mistake=words,
        changed=_mistake_places(source, mistake, changed),
    )
    # The item's event is that of any item, by SYSTEM; a second event says who planted it.
    record(Verb.ITEM_OPENED, item, actor=SYSTEM, after={"content": item.content_hash})
    record(Verb.MISTAKE_PLANTED, planted, actor=actor)
    outbox.enqueue("item.expire", item.pk, due_at=item.due_at)
    return planted


def _copy(source: ReviewItem, draft: str | None) -> ReviewItem:
    """Return an unsaved copy of the item as it was opened, with its time beginning now."""
    now, text = clock.now(), source.draft
    if draft is not None:
        former = source.text_draft
        spans = quality_metrics.moved_spans(former.spans, former.words, draft)
        text = canonical({**text, "text": draft, **({"spans": spans} if "spans" in text else {})})
    return ReviewItem(
        id=uuid7(),
        planted=True,
        workflow_id=source.workflow_id,
        workflow_name=source.workflow_name,
        version=source.version,
        run_id=source.run_id,
        step=source.step,
        kind=source.kind,
        title=source.title,
        asked_by=source.asked_by,
        tags=source.tags,
        draft=text,
        evidence=source.evidence,
        why=source.why,
        opened_at=now,
        due_at=now + max(source.due_at - source.opened_at, timedelta(hours=1)),
    )


def _mistake_places(
    source: ReviewItem, mistake: PlantedMistake, changed: Corrections
) -> dict[str, Any]:
    """Return where the mistake is, as ``quality_metrics.is_caught`` reads it."""
    edited = mistake.draft is not None and mistake.draft != source.text_draft.text
    return {"draft": edited, "args": {str(n): sorted(args) for n, args in changed.items()}}


def _check_current(case: Case, item: ReviewItem, proposals: list[Proposal]) -> None:
    """Raise where people could not approve the copy anyway, as that would give it away."""
    checks.require_unchanged(Case(item, proposals, case.sources), proposals)


def answer_planted(
    item: ReviewItem, proposals: list[Proposal], given: PlantedAnswer, *, actor: Actor
) -> Planted:
    """Store a person's answer to a planted item and close the item. Nothing follows.

    ``decide`` has made the checks of a decision before. Raises Conflict where another person
    answered first.
    """
    # The lock lets the second of two answers see the outcome of the first.
    planted = Planted.objects.select_for_update().get(item=item)
    if planted.outcome:
        raise Conflict("This changed while you looked at it. Look again.", code="changed")
    outcome = _outcome(planted, item, given)
    planted.outcome, planted.choice, planted.at = outcome, given.choice, clock.now()
    planted.reason, planted.words, planted.seconds = given.reason, given.words, given.seconds
    planted.by_id = actor.person_id
    planted.save()
    only_if = {"content_hash": item.content_hash}
    reason = f"What was wrong: {planted.mistake}"
    move(
        item,
        "cancelled",
        actor=actor,
        verb=PlantOutcome(outcome).verb,
        reason=reason,
        only_if=only_if,
    )
    for proposal in proposals:
        move(proposal, "cancelled", actor=actor)
    unit_of_work.send_kept()
    return planted


def _outcome(planted: Planted, item: ReviewItem, given: PlantedAnswer) -> str:
    if given.choice == "take_over":
        return "left"
    edited = given.draft is not None and given.draft != item.text_draft.text
    found = quality_metrics.is_caught(given.choice, planted.changed, edited, given.changed)
    return "caught" if found else "missed"


def close_planted(item: ReviewItem, why: str, *, actor: Actor = SYSTEM) -> None:
    """Close a planted item without an answer."""
    planted = Planted.objects.select_for_update().get(item=item)
    planted.outcome, planted.at = "closed", clock.now()
    planted.save()
    move(item, "cancelled", actor=actor, verb=Verb.MISTAKE_CLOSED, reason=why)
    for proposal in item.proposals.filter(status="proposed"):
        move(proposal, "cancelled", actor=actor)
    unit_of_work.send_kept()


def planted_waiting() -> QuerySet[ReviewItem]:
    """Return the waiting planted items: one at most."""
    return ReviewItem.objects.shown().filter(planted=True, status="waiting")


def close_under_policy(policies: tuple[PolicyTerms, ...]) -> None:
    """Close planted items that a policy fits now, as it would ask other people than saw them."""
    for item in planted_waiting():
        if fitting(policies, item.workflow_id, policy_actions(item.proposals.all())):
            close_planted(item, "A policy decides about items like this now.")


def unanswered_planted(actor: Actor) -> QuerySet[Planted]:
    """Return the planted mistakes whose events the record must not show this person yet."""
    found = Planted.objects.filter(outcome="")
    return found.none() if actor.kind == "staff" else found

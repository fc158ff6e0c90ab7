"""Review items are opened here, and closed without a decision."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from approvals.gate.done_before import same_key
from approvals.models import Proposal, ReviewItem, Tool, content_of
from approvals.workflow_lookup import lookup
from audit import outbox
from audit.canonical import canonical, sha256
from audit.services import record
from audit.transitions import move
from audit.verbs import Verb
from tenants import clock
from tenants.actors import SYSTEM, Actor
from tenants.db import unit_of_work
from tenants.ids import uuid7


@dataclass(frozen=True, slots=True)
class Action:
    """An action to propose: step, tool, exact arguments, ids of the revisions used, and rung."""

    step: str
    tool: Tool
    args: dict[str, Any]
    sources: list[str]
    rung: str


@dataclass(frozen=True, slots=True)
class Ask:
    """The content of a review item to open. ``evidence`` says how it was made, and is frozen.

    ``shaped_by`` are ids and mailboxes, as on the item. ``first_due_at`` is when the first reminder
    or escalation is due, before the item expires.
    """

    workflow_id: UUID
    workflow_name: str
    version: int
    run_id: UUID
    step: str
    kind: str
    title: str
    asked_by: str
    due_at: datetime
    draft: dict[str, Any] = field(default_factory=dict)
    evidence: dict[str, Any] = field(default_factory=dict)
    why: str = ""
    policy_id: UUID | None = None
    shaped_by: tuple[str, ...] = ()
    first_due_at: datetime | None = None
    attempt: int = 1
    actions: tuple[Action, ...] = ()


def open_item(ask: Ask) -> ReviewItem:
    """Insert an item with its proposals into the queue and enqueue its first reminder or expiry."""
    item = ReviewItem(
        id=uuid7(),
        workflow_id=ask.workflow_id,
        workflow_name=ask.workflow_name,
        version=ask.version,
        run_id=ask.run_id,
        step=ask.step,
        attempt=ask.attempt,
        kind=ask.kind,
        title=ask.title[:200],
        asked_by=ask.asked_by[:160],
        due_at=ask.due_at,
        draft=canonical(ask.draft),
        evidence=ask.evidence,
        why=ask.why[:300],
        policy_id=ask.policy_id,
        shaped_by=list(ask.shaped_by),
        tags=sorted({a.tool.kind for a in ask.actions if a.tool.kind}),
        opened_at=clock.now(),
    )
    proposals = [propose(item, n, action) for n, action in enumerate(ask.actions)]
    item.content_hash = sha256(content_of(item, proposals))
    unit_of_work.insert(item, *proposals)
    for proposal in proposals:
        lookup().ask_for_preview(proposal)
    verb = Verb.EXCEPTION_RAISED if ask.kind == "exception" else Verb.ITEM_OPENED
    record(verb, item, actor=SYSTEM, after={"content": item.content_hash}, reason=ask.why)
    outbox.enqueue("item.expire", item.pk, due_at=ask.first_due_at or item.due_at)
    return item


def propose(item: ReviewItem, position: int, action: Action, revision: int = 1) -> Proposal:
    """Return an unsaved proposal of one action, its arguments in canonical form.

    Files that the action sends along are approved as they are now: their revisions are among its
    sources, so that another one is asked again.
    """
    args = canonical(action.args)
    attached = lookup().attached_revisions(action.tool, args)
    return Proposal(
        id=uuid7(),
        item=item,
        run_id=item.run_id,
        workflow_id=item.workflow_id,
        step=action.step,
        position=position,
        revision=revision,
        tool=action.tool,
        tool_name=action.tool.name,
        tool_version=action.tool.version,
        kind=action.tool.kind or "",
        args=args,
        args_hash=sha256(args),
        same_key=same_key(action.tool, args),
        sources=sorted({*action.sources, *attached}) if attached else action.sources,
        rung=action.rung,
        made_at=clock.now(),
    )


def close_item(item: ReviewItem, to: str, *, verb: Verb, actor: Actor, reason: str) -> None:
    """Close a waiting item without a decision, and enqueue the job that tells its run."""
    move(item, to, actor=actor, verb=verb, reason=reason)
    for proposal in item.proposals.filter(status="proposed"):
        move(proposal, to, actor=actor)
    # The run goes on in a job of its own, not in this transaction.
    outbox.enqueue("item.closed", item.pk)


def cancel_items_of(run_id: UUID, *, actor: Actor, reason: str) -> None:
    """Cancel the waiting review items of a run."""
    for item in ReviewItem.objects.filter(run_id=run_id, status="waiting"):
        close_item(item, "cancelled", verb=Verb.ITEM_CANCELLED, actor=actor, reason=reason)

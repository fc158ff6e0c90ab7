"""The undo of an item's actions is asked for here: an item, decision and permits of its own."""

from uuid import UUID

from django.db import IntegrityError
from psycopg.errors import UniqueViolation

from approvals.decisions.permits import issue
from approvals.gate import undo_declaration
from approvals.gate import verdict as gate
from approvals.gate.tools import check_args
from approvals.gate.undo_declaration import Undo
from approvals.models import Decision, Proposal, ReviewItem, UndoDraft, content_of
from approvals.queries import Case, get_case
from approvals.review.selectors import get_item
from approvals.review.services import Action, propose
from approvals.rules.ladder import Outcome
from approvals.rules.phrases import titled
from approvals.workflow_lookup import lookup
from audit import outbox
from audit.canonical import sha256
from audit.transitions import move
from audit.verbs import Verb
from tenants import access, clock
from tenants.actors import Actor
from tenants.db import unit_of_work
from tenants.errors import Conflict, Refused
from tenants.ids import uuid7
from tenants.roles import Capability

TOPIC = "item.undo"


def ask_undo(item_id: UUID, *, actor: Actor, words: str = "") -> ReviewItem:
    """Ask for the undo of an item's actions, the last action first; return the undo's item.

    Raises NotFound, Forbidden for those who may not decide here, Conflict where nothing can be
    undone any more or the undo was asked for already, Refused where an undo may not be made now.
    Nothing is undone yet: each action's check, permit and deadline are checked again when it is
    undone.
    """
    # The row lock makes a second request wait here, so that it sees the first one's undo. It is FOR
    # NO KEY UPDATE, as inserts of rows that refer to the item need not wait.
    item = get_item(item_id, ReviewItem.objects.select_for_update(no_key=True))
    access.require(actor, Capability.DECIDE, item.workflow_id)
    case = get_case(item_id)
    _check_at_rest(case.proposals)
    found = undo_declaration.possible_undos(case.proposals, clock.now())
    if not found:
        raise Conflict("Nothing of this can be undone any more.", code="not_undoable")
    _check_permitted(case, found)
    return _write_undo(case, found, actor, words)


def _check_permitted(case: Case, found: list[Undo]) -> None:
    """Raise Refused where an undo would be refused now, so that nobody asks in vain."""
    assert case.tenant_rules is not None
    context, known = gate.context_of(case.tenant_rules), lookup()
    for one in found:
        workflow = known.gate(case.workflow, one.undoes.step)
        verdict = gate.verdict_on(workflow, one.tool, one.args, context=context)
        if verdict.outcome is not Outcome.PERMIT:
            raise Refused(verdict.why, code="not_permitted")
        if why := known.obstacle(one.tool, one.args, context.tenant, case.secrets):
            raise Refused(why, code="not_possible")


def _check_at_rest(acts: list[Proposal]) -> None:
    if any(act.status in ("approved", "executing") for act in acts):
        raise Conflict("This is still being carried out. Try again in a moment.", code="busy")
    earlier = Proposal.objects.filter(undoes__in=acts).exclude(status="executed")
    if (asked := earlier.select_related("item__decided_by").first()) is not None:
        raise Conflict(
            f"{asked.item.decided_by} asked for this already; it is being undone.",
            code="already_asked",
        )


def _write_undo(case: Case, found: list[Undo], actor: Actor, words: str) -> ReviewItem:
    """Write the undo as an item that is decided at once, with its proposals and permits."""
    item = case.item
    assert case.tenant_rules is not None
    undo = _item(item, found, actor)
    proposals = [_proposal(undo, n, one) for n, one in enumerate(found)]
    undo.content_hash = sha256(content_of(undo, proposals))
    decision = Decision(
        id=uuid7(),
        item=undo,
        choice="undo",
        by_id=actor.person_id,
        role=actor.role,
        at=undo.opened_at,
        content_hash=undo.content_hash,
        words=words,
    )
    unit_of_work.insert(undo, *proposals, decision)
    move(
        undo,
        "decided",
        actor=actor,
        verb=Verb.ITEM_UNDO_ASKED,
        reason=words,
        choice="undo",
        decided_at=undo.opened_at,
        decided_by_id=actor.id,
    )
    context = gate.context_of(case.tenant_rules)
    for proposal in proposals:
        move(proposal, "approved", actor=actor, verb=Verb.PROPOSAL_APPROVED)
        issue(proposal, decision, context)
    outbox.enqueue(TOPIC, undo.pk, priority=outbox.Priority.INTERACTIVE)
    try:
        unit_of_work.send_kept()
    except IntegrityError as error:
        # Items of one step may be undone at once; their undos are numbered together.
        if not isinstance(error.__cause__, UniqueViolation):
            raise
        raise Conflict("Another undo was asked for just now. Try again.", code="busy") from error
    return undo


def _item(item: ReviewItem, found: list[Undo], actor: Actor) -> ReviewItem:
    now = clock.now()
    before = ReviewItem.objects.filter(run_id=item.run_id, step=item.step, kind="undo").count()
    return ReviewItem(
        id=uuid7(),
        workflow_id=item.workflow_id,
        workflow_name=item.workflow_name,
        version=item.version,
        run_id=item.run_id,
        step=item.step,
        attempt=before + 1,
        kind="undo",
        title=f"Undo: {_title(item, found)}"[:200],
        asked_by=actor.label[:160],
        due_at=now,
        draft=UndoDraft(item.pk, undo_declaration.tool_versions(found)).as_json(),
        tags=sorted({one.tool.kind for one in found if one.tool.kind}),
        opened_at=now,
    )


def _title(item: ReviewItem, found: list[Undo]) -> str:
    if len(found) > 1:
        return item.title
    act = found[0].undoes
    return titled(act.tool, act.args)


def _proposal(undo: ReviewItem, position: int, one: Undo) -> Proposal:
    check_args(one.tool, one.args)
    action = Action(one.undoes.step, one.tool, one.args, [], one.undoes.rung)
    proposal = propose(undo, position, action)
    proposal.undoes, proposal.is_undo = one.undoes, True
    return proposal

"""A decision must pass these checks; each raises an error with the sentence a person is told."""

from datetime import timedelta
from uuid import UUID

from approvals.gate import verdict as gate
from approvals.gate.done_before import EarlierAction, duplicate_sentences, find_earlier, same_key
from approvals.gate.freshness import first_outdated
from approvals.models import DecisionChoice, Proposal, ReviewItem, content_of
from approvals.models.choices import CONTENT_CHOICES
from approvals.queries import Case
from approvals.review.corrections import Corrections, args_with
from approvals.rules.choice import Choice
from approvals.rules.hidden_characters import shows_nothing
from approvals.rules.ladder import Outcome
from approvals.rules.policy_terms import PolicyTerms
from approvals.rules.reasons import REASONS
from approvals.text import agreement
from approvals.workflow_lookup import lookup
from audit.canonical import sha256
from tenants import clock
from tenants.errors import Conflict, Invalid, Refused

MOST_ATTEMPTS = 5


def retry_problem(item: ReviewItem) -> str:
    """Return why no other attempt at the item can be asked for; empty where it can."""
    draft = item.text_draft
    if not draft.step or draft.number is not None:
        return "There is no one text here that could be written again."
    if item.attempt >= MOST_ATTEMPTS:
        return f"This is attempt {item.attempt}, and there are no more. Edit it, or reject it."
    return ""


def accept_problem(item: ReviewItem) -> str:
    """Return why an item can't be accepted as it is written; empty where it can."""
    if item.kind == "exception":
        return ""
    text = item.text_draft.text
    if text is None or not shows_nothing(text):
        return ""
    return "There is no text here to accept. Write it, send it back or reject it."


def item_disagreements(
    item: ReviewItem,
    proposals: list[Proposal],
    locale: str,
    changed: Corrections | None = None,
    text: str | None = None,
) -> list[str]:
    """Return a sentence for each point where the item's texts contradict its actions.

    Texts are the draft and the prose argument of an action. ``changed`` and ``text`` are what a
    person is editing.
    """
    acts = [(p.tool.prose_arg, args_with(p, changed or {})) for p in proposals]
    drafted = item.text_draft.words if text is None else text
    texts = [drafted, *(str(a.get(prose, "")) for prose, a in acts)]
    bare = [{name: value for name, value in a.items() if name != prose} for prose, a in acts]
    found = [one for text in texts for one in agreement.text_disagreements(text, bare, locale)]
    return [one.sentence() for one in dict.fromkeys(found)]


def require_agreement(item: ReviewItem, proposals: list[Proposal]) -> None:
    """Raise Refused where the text of an item contradicts its actions.

    For items accepted in a batch, which nobody reads one by one.
    """
    if said := item_disagreements(item, proposals, "en_US"):
        raise Refused(f"{said[0]} Look at it by itself.", code="differs")


def require_choice(
    item: ReviewItem, choice: str, content_hash: str, reason: str = "", words: str = ""
) -> None:
    """Raise unless this choice may be made about the item with this content.

    Conflict where the item was decided, expired or changed since; Invalid for a bad choice or
    reason.
    """
    if item.status != "waiting":
        raise Conflict(
            _decided_sentence(item),
            code="already_decided",
            state=item.status,
            choice=item.choice,
            by=str(item.decided_by or ""),
            at=item.decided_at.isoformat() if item.decided_at else "",
            reason=item.reason_code,
        )
    if clock.now() >= item.due_at:
        raise Conflict("The time to decide has run out, so nothing is done.", code="expired")
    if content_hash != item.content_hash:
        raise Conflict("This changed since you looked at it. Look again.", code="changed")
    allowed = (DecisionChoice.RESOLVE,) if item.kind == "exception" else CONTENT_CHOICES
    if choice not in allowed:
        raise Invalid(f"Choose one of: {', '.join(sorted(allowed))}.", code="bad_choice")
    if choice == "accept" and (problem := accept_problem(item)):
        raise Invalid(problem, code="empty")
    if choice == "again" and (problem := retry_problem(item)):
        raise Invalid(problem, code="not_again")
    if choice in ("reject", "again") and reason not in REASONS:
        raise Invalid("Say why: choose a reason from the list.", code="no_reason")
    if choice != "resolve" and reason and reason not in REASONS:
        raise Invalid("Choose a reason from the list, or none.", code="bad_choice")
    if reason == "other" and not words.strip():
        raise Invalid("“Other” needs a few words.", code="no_words")
    if choice == "resolve" and reason not in item.draft.get("options", []):
        raise Invalid("Choose one of the ways out shown.", code="bad_choice")


def _decided_sentence(item: ReviewItem) -> str:
    if item.status != "decided" or item.decided_at is None:
        return f"This item is {item.status}, so there is nothing to decide."
    return f"{item.decided_by} decided this already: {item.get_choice_display()}."


def require_permitted(case: Case, proposals: list[Proposal], changed: Corrections) -> None:
    """Raise Refused unless the item's actions may be carried out as things are now.

    ``changed`` are the arguments that a person edited. The error says what stands against it: a
    rule, a rung, a switch, or something that the tool lacks. Without this check a person could
    approve in vain.
    """
    assert case.tenant_rules is not None
    context, found = gate.context_of(case.tenant_rules), lookup()
    for proposal in proposals:
        args = args_with(proposal, changed)
        verdict = gate.verdict_on(
            found.gate(case.workflow, proposal.step), proposal.tool, args, context=context
        )
        if verdict.outcome is not Outcome.PERMIT:
            raise Refused(verdict.why, code="not_permitted")
        if why := found.obstacle(proposal.tool, args, context.tenant, case.secrets):
            raise Refused(why, code="not_possible")


def require_repeats_known(
    case: Case,
    proposals: list[Proposal],
    changed: Corrections,
    terms: PolicyTerms | None,
    chosen: Choice,
) -> set[UUID]:
    """Raise unless the person was told of earlier actions that did the same, and the policy allows
    it.

    Returns the ids of the items with the earlier actions. Raises Refused where a policy refuses
    repeats or the item is accepted in a batch, unread; Conflict where the earlier action is newer
    than the page, or only the person's edit makes the actions the same, and they were not told. No
    query for tools without ``same_as``.
    """
    assert case.tenant_rules is not None
    since = clock.now() - timedelta(seconds=chosen.seconds or 0)
    known = set()
    refuses = terms is not None and terms.refuse_same
    edited = edited_apart(proposals, changed)
    for said in duplicates_as_edited(proposals, changed):
        _require_repeat_known(said, chosen, refuses=refuses, unseen=bool(edited), item=case.item.pk)
    for proposal, done in earlier_as_edited(case.item.pk, proposals, changed):
        said = done.sentence(case.tenant_rules.tenant)
        is_new = chosen.seconds is not None and done.at > since
        unseen = is_new or proposal.position in edited
        _require_repeat_known(said, chosen, refuses=refuses, unseen=unseen, item=done.item_id)
        known.add(done.item_id)
    return known


def _require_repeat_known(
    said: str, chosen: Choice, *, refuses: bool, unseen: bool, item: UUID
) -> None:
    if refuses:
        raise Refused(f"{said} Your policy refuses to do it again.", code="done_before")
    if chosen.is_one_of_many:
        raise Refused(f"{said} Look at it by itself.", code="done_before")
    if unseen and str(item) not in chosen.knew:
        raise Conflict(f"{said} Look again.", code="done_before")


def edited_apart(proposals: list[Proposal], changed: Corrections) -> set[int]:
    """Return the positions of actions whose edit gave them another key."""
    return {
        p.position
        for p in proposals
        if p.position in changed and same_key(p.tool, args_with(p, changed)) != p.same_key
    }


def earlier_as_edited(
    item_id: UUID, proposals: list[Proposal], changed: Corrections
) -> list[tuple[Proposal, EarlierAction]]:
    """Return the earlier actions that did the same as these actions with a person's edits."""
    return [
        (proposal, done)
        for proposal in proposals
        for done in find_earlier(
            same_key(proposal.tool, args_with(proposal, changed)),
            proposal.tool,
            but_item=item_id,
        )
    ]


def duplicates_as_edited(proposals: list[Proposal], changed: Corrections) -> list[str]:
    """Return a sentence for each of the item's actions that repeats another, with the edits."""
    return duplicate_sentences((p.tool, args_with(p, changed)) for p in proposals)


def change_since_drafted(case: Case | None) -> str:
    """Return why no version of an item can be accepted any more; empty where one can.

    That is so where the content, a tool or a source has changed since the draft.
    """
    if case is None:
        return ""
    try:
        require_unchanged(case, [p for p in case.proposals if p.status == "proposed"])
    except (Conflict, Refused) as error:
        return error.message
    return ""


def require_unchanged(case: Case, proposals: list[Proposal]) -> None:
    """Raise unless content, tools and sources are what the item was made from.

    Conflict for changed content or a changed tool, Refused for a source that changed or went stale.
    """
    item = case.item
    content = sha256(content_of(item, proposals))
    if content != item.content_hash or any(sha256(p.args) != p.args_hash for p in proposals):
        raise Conflict("This is not what was put before you. Reject it.", code="changed")
    for proposal in proposals:
        tool = proposal.tool
        if tool.version != proposal.tool_version or not tool.enabled:
            raise Conflict(f"{tool.title} was changed since this was drafted.", code="tool_changed")
    if title := first_outdated({s for p in proposals for s in p.sources}, case.sources):
        raise Refused(
            f"{title} changed or went stale since this was drafted.", code="source_changed"
        )

"""Buttons and forms that answer an item that waits, for its page."""

from dataclasses import dataclass, field
from datetime import datetime

from django.http import QueryDict
from django.utils import timezone

from approvals.gate.freshness import first_outdated
from approvals.models import Proposal, ReviewItem
from approvals.queries import Case
from approvals.review import checks
from approvals.rules.reasons import PRESETS, REASONS
from portal.review import forms
from portal.review.item import card, edits, snooze_times
from portal.review.item.policy import PolicyView
from tenants import access, clock
from tenants.errors import DomainError
from tenants.models import Tenant, User
from workflows.exceptions.draft import ExceptionDraft
from workflows.exceptions.ways_out import WayOut
from workflows.mcp.questions import ServerQuestion, questions_in


@dataclass(frozen=True, slots=True)
class Answers:
    """The buttons and forms of an item that waits.

    ``reasons`` are codes with their labels and preset sentences. ``ways_out`` are the one-click
    ways out of an exception, with labels; ``people`` may be handed it, ``questions`` are those of a
    tool's server. ``typed`` is the form as it
    was posted. ``source_moved`` is the title of a source that was revised or went stale.
    """

    button: str
    button_edited: str
    reasons: list[tuple[str, str, tuple[str, ...]]]
    may_send_back: bool
    source_moved: str
    ways_out: list[tuple[str, str]] = field(default_factory=list)
    may_skip: bool = False
    questions: list[ServerQuestion] = field(default_factory=list)
    people: list[User] = field(default_factory=list)
    typed: QueryDict | dict[str, str] = field(default_factory=dict)


def answers_to(
    item: ReviewItem,
    proposals: list[Proposal],
    case: Case | None,
    policy: PolicyView | None,
    posted: QueryDict | None,
) -> Answers:
    """Return the answers; one query for an exception that may be handed to a person."""
    raised = ExceptionDraft.read(item.draft if item.kind == "exception" else {})
    ways = raised.ways_out
    read = {source for proposal in proposals for source in proposal.sources}
    return Answers(
        button=_button(item, proposals, policy),
        button_edited=_button_edited(proposals, policy),
        reasons=[(code, said, PRESETS.get(code, ())) for code, said in REASONS.items()],
        may_send_back=item.kind != "exception" and not checks.retry_problem(item),
        source_moved=first_outdated(read, case.sources) if case else "",
        ways_out=[(way.value, way.label) for way in ways if not way.needs_form],
        may_skip=WayOut.SKIP in ways,
        questions=questions_in(raised.asked["questions"]) if WayOut.ANSWER in ways else [],
        people=access.deciders(item.workflow_id) if WayOut.HAND in ways else [],
        typed=posted or {},
    )


def _button(item: ReviewItem, proposals: list[Proposal], policy: PolicyView | None) -> str:
    if policy is not None and policy.may_accept and policy.left > 1:
        return f"Approve, and {policy.left - 1} more must"
    return card.button(item, proposals)


def _button_edited(proposals: list[Proposal], policy: PolicyView | None) -> str:
    if policy is not None and policy.may_accept and (policy.left > 1 or policy.is_apart):
        return "Ask others to approve my version"
    return card.button_edited(proposals)


@dataclass(frozen=True, slots=True)
class EditForm:
    """The form in which a person edits an item.

    ``text`` is None for an item without a text; ``changes`` are those of a form that was refused.
    """

    text: str | None
    fields: list[tuple[Proposal, list[forms.EditField]]]
    changes: edits.TypedChanges | None = None


def edit_form(
    item: ReviewItem,
    proposals: list[Proposal],
    posted: QueryDict | None,
    error: DomainError | None,
    tenant: Tenant,
) -> EditForm:
    """Return the text and the arguments as fields; a refused form keeps its content."""
    typed = posted.get("draft") if posted is not None else None
    changes = None
    if posted is not None and error is not None and error.code == "done_before":
        choice = forms.read_choice(item, proposals, posted, locale=tenant.locale)
        changes = edits.typed_changes(item, proposals, choice, tenant)
    return EditForm(
        text=forms.draft_text(item) if typed is None else typed,
        fields=forms.fields(item, proposals, posted, error, locale=tenant.locale),
        changes=changes,
    )


@dataclass(frozen=True, slots=True)
class SnoozeForm:
    """The end of the person's snooze, and the times until which they may snooze the item."""

    until: datetime | None
    choices: list[snooze_times.SnoozeTime]
    latest: str


def snooze_form(item: ReviewItem, until: datetime | None) -> SnoozeForm:
    """Return the form; ``until`` is the end of a snooze that has not ended."""
    latest = timezone.localtime(item.due_at).strftime("%Y-%m-%dT%H:%M")
    return SnoozeForm(until, snooze_times.snooze_times(clock.now(), item.due_at), latest)

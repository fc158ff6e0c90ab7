"""Template context of a review item's page, read with a fixed number of queries."""

from typing import Any

from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone

from approvals.decisions.withdrawal import may_take_back
from approvals.gate.done_before import find_all_earlier
from approvals.gate.freshness import first_outdated
from approvals.models import DecisionChoice, Proposal, ReviewItem, TextDraft
from approvals.policies.contributions import contributions_of
from approvals.queries import Case, get_case
from approvals.review import checks, routing, selectors
from approvals.review.selectors import QueueView
from approvals.review.sidebar import Sidebar, read_sidebar
from approvals.rules.reasons import PRESETS, REASONS
from portal.quality import page as quality_page
from portal.review import forms
from portal.review.item import card, edits, exception, snooze_times, support
from portal.review.item.attempts import attempts_context
from portal.review.item.changes import changed_since
from portal.review.item.comments import said_context
from portal.review.item.policy import PolicyView, standing_view
from portal.review.item.related import siblings_context
from portal.review.item.undo import undo_context
from tenants import access, clock
from tenants.actors import Actor
from tenants.errors import DomainError, Refused
from tenants.models import Tenant
from tenants.roles import Capability
from workflows.exceptions.draft import ExceptionDraft
from workflows.exceptions.ways_out import WayOut, way_out_label
from workflows.models import Run

ASKED = {"api": "the API", "mail": "e-mail", "schedule": "the schedule"}


def item_context(
    item: ReviewItem,
    mine: QueueView,
    tenant: Tenant,
    editing: bool = False,
    posted: QueryDict | None = None,
    error: DomainError | None = None,
) -> dict[str, Any]:
    """Return the template context of an item loaded by ``selectors.items_in_full``."""
    actor = mine.actor
    every = list(item.proposals.all())
    proposals = [p for p in every if p.status != "superseded"]
    waiting = item.status == "waiting" and clock.now() < item.due_at
    near = read_sidebar(item, actor)
    standing = standing_view(item, actor, mine.people, near) if waiting else None
    may = waiting and (standing.may_reject if standing else mine.may_decide(item))
    may_accept = may and (standing is None or standing.may_accept)
    has_parts = bool(proposals) or forms.draft_text(item) is not None
    draft = support.supported_draft(item, near.first_draft)
    case = get_case(item.pk) if waiting and proposals else None
    moved_on = checks.change_since_drafted(case)
    can_edit = may_accept and item.kind != "exception" and has_parts and not moved_on
    cannot = exception.for_reader(moved_on or _cannot(item, proposals, case), actor)
    context: dict[str, Any] = {
        **_shown(item, proposals, forms.draft_text(item) or "", draft, tenant.locale),
        "is_waiting": waiting,
        "was_done": all(p.status in ("executed", "undone") for p in proposals),
        "may_decide": may,
        "may_accept": may_accept and not cannot,
        "standing": standing,
        **_later(item, near, may=may),
        "why_you": _why_you(item, standing, waiting=waiting),
        "why_not": _why_not(actor, standing, cannot, may_accept=may_accept) if waiting else "",
        "can_edit": can_edit,
        "opened": int(clock.now().timestamp()),
        "edited_by": ", ".join(dict.fromkeys(one.by for one in near.edited)),
    }
    context |= _sources(item, draft) | undo_context(item, proposals, actor, tenant.locale)
    context |= _to_decide(item, posted, case) | _history(item, near) | siblings_context(item, near)
    if waiting and editing and can_edit:
        context |= _editing(item, proposals, posted, error, tenant)
    if (made := context["decision"]) is not None and may_take_back(made, actor):
        context["back_url"] = reverse("review_back", args=[item.pk])
    context |= _asking_others(standing) | attempts_context(item)
    context |= quality_page.planted_context(item, actor, tenant) | _stuck(item, actor, tenant)
    context |= _warnings(item, proposals, tenant, actor) if waiting else {}
    context["changed"] = edits.edits_decided(item, every, made, tenant.locale)
    context["changed_since"] = changed_since(item, every, near, actor, tenant.locale)
    context |= said_context(item, near, mine, waiting=waiting, posted=posted)
    return context


def _warnings(
    item: ReviewItem, proposals: list[Proposal], tenant: Tenant, actor: Actor
) -> dict[str, Any]:
    """Return warnings: actions done before, a route's recipients, text unlike its actions."""
    found = find_all_earlier(p for p in proposals if p.status == "proposed")
    named = [one.user for one in routing.routed_members(item.text_draft.route_to)]
    return {
        "done_before": [(one.item_id, one.when(tenant), one.what) for one in found],
        "asked_twice": checks.duplicates_as_edited(proposals, {}),
        # The route does not ask the person who accepts it, so they are not named.
        "reaches": [str(user) for user in named if user.pk != actor.id],
        "is_for_you": any(user.pk == actor.id for user in named),
        "disagreements": checks.item_disagreements(item, proposals, tenant.locale),
    }


def _cannot(item: ReviewItem, proposals: list[Proposal], case: Case | None) -> str:
    """Return why no person can accept the item now, such as a kill switch, a rule or a host."""
    if case is not None:
        try:
            checks.require_permitted(case, proposals, {})
        except Refused as error:
            return error.message
    return checks.accept_problem(item)


def _stuck(item: ReviewItem, actor: Actor, tenant: Tenant) -> dict[str, Any]:
    """Return the context of an exception for this reader; empty for other items."""
    if item.kind != "exception":
        return {}
    found = exception.stuck(item, actor, tenant)
    asked = {"input": Run.objects.values_list("input", flat=True).get(pk=item.run_id)}
    return {
        "stuck": found,
        "badges": [exception.exception_badge(item, actor)],
        "asked": card.request_rows(asked, tenant.locale),
    }


def _shown(
    item: ReviewItem, proposals: list[Proposal], text: str, draft: TextDraft, locale: str
) -> dict[str, Any]:
    """Return the effect of the item, past or future, from the stored rows."""
    return {
        "item": item,
        "badges": card.badges(item, proposals),
        "effect": card.effect(proposals, locale),
        "undo": card.undo_sentence(proposals, locale),
        "actions": [card.action(p, text, locale) for p in proposals],
        "letter": (letter := card.letter_stretches(draft)),
        "marks": {part.mark for part in letter},
        "remarks": support.remarks(draft),
        "asked_how": _asked_how(item),
        "asked": card.request_rows(item.evidence, locale),
    }


def _asking_others(standing: PolicyView | None) -> dict[str, Any]:
    """Return button labels for an approval that needs further people."""
    if standing is None or not standing.may_accept:
        return {}
    found: dict[str, Any] = {}
    if standing.left > 1:
        more = standing.left - 1
        found["button"] = f"Approve, and {more} more must"
    if standing.left > 1 or standing.is_apart:
        found["button_edited"] = "Ask others to approve my version"
    return found


def _later(item: ReviewItem, near: Sidebar, *, may: bool) -> dict[str, Any]:
    """Return the end of the person's snooze, and the times until which the item may be snoozed."""
    if not may:
        return {}
    return {
        "snoozed_until": near.snoozed_until,
        "later_choices": snooze_times.snooze_times(clock.now(), item.due_at),
        "later_most": timezone.localtime(item.due_at).strftime("%Y-%m-%dT%H:%M"),
    }


def _sources(item: ReviewItem, draft: TextDraft) -> dict[str, Any]:
    """Return the sources that the draft cites, and apart from them the others that were read."""
    read = item.evidence.get("sources", [])
    cited = {n for span in draft.spans for n in span["sources"]}
    first = [s for s in read if s["n"] in cited or s["kind"] == "record"] if cited else read
    return {"cited": first, "also_read": [s for s in read if s not in first]}


def _to_decide(item: ReviewItem, posted: QueryDict | None, case: Case | None) -> dict[str, Any]:
    """Return the context of the buttons and forms while the item waits."""
    if item.status != "waiting":
        return {}
    proposals = [p for p in item.proposals.all() if p.status != "superseded"]
    return {
        "button": card.button(item, proposals),
        "button_edited": card.button_edited(proposals),
        "reasons": [(code, said, PRESETS.get(code, ())) for code, said in REASONS.items()],
        **_ways_out(item, posted),
        "source_moved": case
        and first_outdated({s for p in proposals for s in p.sources}, case.sources),
        "may_send_back": item.kind != "exception" and not checks.retry_problem(item),
    }


def _editing(
    item: ReviewItem,
    proposals: list[Proposal],
    posted: QueryDict | None,
    error: DomainError | None,
    tenant: Tenant,
) -> dict[str, Any]:
    """Return the text and the arguments as fields; a refused form keeps its content."""
    typed = posted.get("draft") if posted is not None else None
    said: dict[str, Any] = {}
    if posted is not None and error is not None and error.code == "done_before":
        choice = forms.read_choice(item, proposals, posted, locale=tenant.locale)
        said = {"typed": edits.typed_changes(item, proposals, choice, tenant)}
    return said | {
        "editing": True,
        "edits": forms.fields(item, proposals, posted, error, locale=tenant.locale),
        "draft_text": forms.draft_text(item) if typed is None else typed,
    }


def _ways_out(item: ReviewItem, posted: QueryDict | None) -> dict[str, Any]:
    """Return the one-click resolutions of an exception, and the inputs of the others."""
    options = ExceptionDraft.read(item.draft).ways_out if item.kind == "exception" else ()
    return {
        "ways_out": [(way.value, way.label) for way in options if not way.needs_form],
        "may_skip": WayOut.SKIP in options,
        "people": access.deciders(item.workflow_id) if WayOut.HAND in options else [],
        "typed": posted or {},
    }


def _history(item: ReviewItem, near: Sidebar) -> dict[str, Any]:
    """Return the outcomes of similar items, and the decision about this one."""
    decided = item.status == "decided"
    decision = selectors.decision_of(item) if decided else None
    contributions = contributions_of([item]).get(item.pk, []) if decided else []
    return {
        "accepted": near.accepted,
        "alike": near.alike,
        "decision": decision,
        "contributions": contributions,
        "decided_words": DecisionChoice(item.choice).did if item.choice else "",
        "decided_reason": REASONS.get(item.reason_code) or way_out_label(item.reason_code),
    }


def _asked_how(item: ReviewItem) -> str:
    """Return the request's source: "e-mail (ada@buyer.example)", "the API (Shop key)", "Dana"."""
    way = ASKED.get(item.evidence.get("trigger", ""), "")
    if not way:
        return item.asked_by
    says_who = item.asked_by and item.evidence.get("trigger") in ("api", "mail")
    return f"{way} ({item.asked_by})" if says_who else way


def _why_you(item: ReviewItem, standing: PolicyView | None, *, waiting: bool) -> str:
    """Return the reason for the review: from the present policy while it waits, else as stored."""
    if not waiting or item.kind == "exception":
        return item.why
    if standing is not None:
        return f"By your policy it needs {standing.needs}."
    return "One approval is enough." if item.why.startswith("By your policy") else item.why


def _why_not(actor: Actor, standing: PolicyView | None, cannot: str, *, may_accept: bool) -> str:
    if may_accept and cannot:
        return cannot
    if actor.kind == "staff" and cannot:  # staff can repair the cause, so they read about it
        return f"{cannot} {_why_not(actor, standing, '', may_accept=False)}"
    if standing is not None:
        return standing.why_not
    if actor.kind == "staff":
        return "You can look, but the client decides this."
    if Capability.DECIDE in actor.by_grant:
        return "You can look, but you were not given this workflow. An owner can give it to you."
    return "You can look, but your role does not decide."

"""Exceptions as their readers see them: instructions for staff, plain meaning for the client."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from django.urls import reverse

from approvals.models import ReviewItem
from portal.review.item.card import EXCEPTION_BADGE, Badge
from portal.runs.step_trace import StepTrace
from portal.runs.trace import Trace
from tenants import roster
from tenants.actors import Actor
from tenants.models import Provider, Tenant
from workflows.definitions.definition import step_of_part
from workflows.exceptions.cause_row import Words
from workflows.exceptions.cause_table import WORDS
from workflows.exceptions.cause_words import effect_sentence, responsible_for
from workflows.exceptions.causes import CausedProblem, CausePage, Responsible
from workflows.exceptions.draft import ExceptionDraft
from workflows.models import Run, Workflow

OURS_BADGE = Badge("yours to mend", "orange")
THEIRS_BADGE = Badge("with the provider", "")
LABELS = {
    CausePage.SETTINGS: "Open the client's settings",
    CausePage.SECRETS: "Open the secrets",
    CausePage.TOOLS: "Open the tools",
    CausePage.SERVERS: "Open the servers of tools",
    CausePage.CREDENTIALS: "Open the credentials",
    CausePage.WORKFLOW: "Open the workflow",
    CausePage.RUN: "Open the run",
    CausePage.BUDGETS: "Open the budgets",
}


@dataclass(frozen=True, slots=True)
class Stuck:
    """Sentences on the page of an exception.

    ``case`` is about the single case, ``done`` about what was and was not done. ``told`` names the
    people who repair it, ``todo`` says what the reader can do. For staff alone, ``client`` is the
    client's text and ``details`` are technical. ``owner`` is the client's person it is assigned to.
    ``raised`` is the draft itself.
    """

    says: str
    case: str = ""
    missing: str = ""
    done: str = ""
    told: str = ""
    todo: str = ""
    link: str = ""
    label: str = ""
    client: str = ""
    details: str = ""
    owner: str = ""
    raised: ExceptionDraft | None = None


def stuck(item: ReviewItem, actor: Actor, tenant: Tenant) -> Stuck:
    """Return the sentences for this reader.

    Up to two queries: the provider's name, and a link or whether staff handle exceptions here.
    """
    raised = ExceptionDraft.read(item.draft)
    if raised.cause is None:
        return Stuck(says=raised.problem, owner=raised.owner, raised=raised)
    words, is_ours = WORDS[raised.cause], responsible_for(raised) is Responsible.PROVIDER
    found = Stuck(
        says=words.means,
        case="" if is_ours or not words.tells else raised.problem,
        missing=raised.field.replace("_", " "),
        done=effect_sentence(raised.cause, of_part=raised.child is not None),
        told=_told() if is_ours and actor.kind != "staff" else "",
        todo=words.meanwhile,
        owner="" if is_ours else raised.owner,
        raised=raised,
    )
    if actor.kind == "staff":
        return _for_staff(found, item, tenant, words, raised)
    if not is_ours and words.page is CausePage.BUDGETS:
        return replace(found, link=reverse("budgets"), label=LABELS[words.page])
    return replace(found, missing="") if is_ours else found


def _for_staff(
    found: Stuck, item: ReviewItem, tenant: Tenant, words: Words, raised: ExceptionDraft
) -> Stuck:
    page = words.page
    return replace(
        found,
        says=words.happened,
        todo=words.mend,
        done="",
        link=_link(page, item, tenant),
        label=LABELS[page],
        case=raised.problem,
        client=f"{words.means} {found.done}",
        details=str(item.evidence.get("details", "")),
    )


def _told() -> str:
    """Return a sentence for the client on who repairs the exception, or on having to tell them."""
    name = Provider.objects.values_list("name", flat=True).first() or "Your provider"
    if roster.exception_staff().exists():
        return f"{name} is told of it, and mends it."
    return f"Nobody at {name} looks after you here yet, so tell them."


def _link(page: CausePage, item: ReviewItem, tenant: Tenant) -> str:
    if page is CausePage.SETTINGS:
        return reverse("admin:tenants_tenant_change", args=[tenant.pk])
    if page is CausePage.SECRETS:
        return reverse("admin:tenants_secret_changelist")
    if page is CausePage.TOOLS:
        return reverse("admin:approvals_tool_changelist")
    if page is CausePage.SERVERS:
        return reverse("tool_servers")
    if page is CausePage.CREDENTIALS:
        return reverse("credentials")
    if page is CausePage.BUDGETS:
        return reverse("budgets")
    if page is CausePage.RUN:
        return reverse("run", args=[item.run_id])
    slug = Workflow.objects.values_list("slug", flat=True).get(pk=item.workflow_id)
    return reverse("workflow_edit", args=[slug])


def for_reader(said: str, actor: Actor) -> str:
    """Return a problem as this reader should see it.

    Staff get the problem's own words, as does a client who can repair it. Others get the meaning.
    """
    cause = said.cause if isinstance(said, CausedProblem) else None
    if actor.kind == "staff" or cause is None or WORDS[cause].responsible is Responsible.CLIENT:
        return said
    return f"{WORDS[cause].means} Your provider has to mend that first."


def _told_steps(items: Iterable[ReviewItem]) -> dict[tuple[str, str], str]:
    """Return the client's sentences in place of failed steps' notes, by step name and note.

    An empty note has the sentence of the step's newest exception. One about a part of an agent
    step is about the step, which failed with it.
    """
    found: dict[tuple[str, str], str] = {}
    for item in items:
        raised = ExceptionDraft.read(item.draft)
        if not raised.about_undo:
            for name in (step_of_part(raised.step), raised.step):
                found[name, raised.problem] = found[name, ""] = _means(raised)
    return found


def _means(raised: ExceptionDraft) -> str:
    """Return the meaning of an exception for the client; empty where its own sentence will do."""
    if raised.cause is None or WORDS[raised.cause].tells:
        return ""
    return WORDS[raised.cause].means


def tell_runs(runs: Collection[Run], actor: Actor) -> None:
    """Set ``told`` on the runs of a list: this reader's sentence in place of the run's problem.

    One query, if the reader is not staff and a run has a problem.
    """
    wrong = [run.pk for run in runs if run.problem] if actor.kind != "staff" else []
    if not wrong:
        return
    found = ReviewItem.objects.filter(kind="exception", run_id__in=wrong).order_by("id")
    said = {
        run: _means(ExceptionDraft.read(draft))
        for run, draft in found.values_list("run_id", "draft")
    }
    for run in runs:
        vars(run).update(told=said.get(run.pk, ""))


def told_to(whole: Trace, actor: Actor) -> Trace:
    """Return the trace for this reader: clients get no technical words of what failed."""
    if actor.kind == "staff":
        return whole
    items = [one.item for one in whole.reviews if one.item.kind == "exception"]
    told = _told_steps(items) if items else {}
    return replace(whole, steps=[_told_step(step, told) for step in whole.steps])


def _told_step(step: StepTrace, told: dict[tuple[str, str], str]) -> StepTrace:
    note = step.row.note if step.row else ""
    # A part without an exception of its own failed its step, which has one.
    names = dict.fromkeys((step.name, step_of_part(step.name)))
    places = [(name, said) for name in names for said in (note, "")]
    said = next((told[place] for place in places if place in told), "")
    return replace(
        step,
        told=said,
        calls=[made.in_plain_words() for made in step.calls],
        parts=[_told_step(part, told) for part in step.parts],
        is_plain=True,
    )


def exception_badge(item: ReviewItem, actor: Actor | None) -> Badge:
    """Return the badge that says who must act on an exception, for this reader. No query."""
    if responsible_for(ExceptionDraft.read(item.draft)) is Responsible.CLIENT or actor is None:
        return Badge(*EXCEPTION_BADGE)
    return OURS_BADGE if actor.kind == "staff" else THEIRS_BADGE


def row(item: ReviewItem, actor: Actor | None) -> tuple[str, str]:
    """Return the line below an exception's title in the queue, and its owner's name. No query."""
    raised = ExceptionDraft.read(item.draft)
    is_ours = responsible_for(raised) is Responsible.PROVIDER
    owner = "" if is_ours else raised.owner
    is_staff = actor is not None and actor.kind == "staff"
    if raised.cause is None or not (is_staff and is_ours):
        return "", owner
    return WORDS[raised.cause].happened, owner

"""Filled forms of an item's actions, as people see them before they decide: picture and words."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from approvals.gate.verdict import context_of
from approvals.models import Proposal
from approvals.queries import Case
from approvals.rules.phrases import has_hidden, spelled_out
from approvals.workflow_lookup import lookup
from portal.review.item.card import Argument, ShownAction
from tenants import clock
from workflows import selectors
from workflows.browser.forms import FormField, PageForm
from workflows.models import FormPreview
from workflows.tools import has_preview

COMES_WITHIN = timedelta(minutes=10)
NOT_COME = "It has not been filled in so far."
UNTOLD = "a value that is not told here"
TOO_LATE = "This was decided before the form had been filled in."


@dataclass(frozen=True, slots=True)
class FilledForm:
    """Form of one action: its fields in words, and whether there is a picture of it.

    ``unseen`` are those that its page keeps from view and that are compared. ``problem`` says why
    there is no picture or no form. ``is_coming``: a worker fills it now, or, where ``stopped`` says
    what stands, once that goes on.
    """

    proposal_id: UUID
    fields: tuple[Argument, ...] = ()
    unseen: tuple[Argument, ...] = ()
    address: str = ""
    is_cut: bool = False
    has_picture: bool = False
    problem: str = ""
    is_coming: bool = False
    stopped: str = ""

    @property
    def described(self) -> str:
        """The picture in words: each field with its value."""
        said = "; ".join(f"{one.name}: {one.shown}" for one in self.fields)
        return f"Picture of the filled form. {said}" if said else "Picture of the filled form."


def with_forms(
    actions: Iterable[ShownAction],
    proposals: Iterable[Proposal],
    case: Case | None,
    *,
    waiting: bool,
) -> list[ShownAction]:
    """Return the actions with the filled forms of those whose tools fill one.

    One query, none where no tool does.
    """
    filled = [p for p in proposals if has_preview(p.tool.adapter, p.tool.effect)]
    found = selectors.previews_of([p.pk for p in filled]) if filled else {}
    forms = {p.position: filled_form(p, found.get(p.pk), case, waiting=waiting) for p in filled}
    return [replace(one, form=forms.get(one.position)) for one in actions]


def filled_form(
    proposal: Proposal, found: FormPreview | None, case: Case | None, *, waiting: bool
) -> FilledForm:
    """Return the form of one action from its stored preview; one that is coming for none."""
    if found is None:
        if not waiting:
            return FilledForm(proposal.pk, problem=TOO_LATE)
        if stopped := _stopped(case, proposal.step) if case else "":
            return FilledForm(proposal.pk, is_coming=True, stopped=stopped)
        is_coming = clock.now() - proposal.made_at < COMES_WITHIN
        return FilledForm(proposal.pk, is_coming=is_coming, problem="" if is_coming else NOT_COME)
    proposal_id = proposal.pk
    if found.form is None:
        return FilledForm(proposal_id, problem=found.problem)
    form = PageForm.read(found.form)
    return FilledForm(
        proposal_id,
        fields=tuple(_in_words(one, one.said) for one in form.seen),
        unseen=tuple(_in_words(one, one.value or UNTOLD) for one in form.kept_from_view),
        address=spelled_out(form.address or form.page),
        is_cut=form.is_cut,
        has_picture=found.has_picture,
        problem=found.problem,
    )


def _stopped(case: Case, step: str) -> str:
    """Return what keeps workers from filling a form now, in a sentence; empty while they do."""
    assert case.tenant_rules is not None
    context = context_of(case.tenant_rules)
    return next(iter(context.stopped), lookup().gate(case.workflow, step).stopped)


def _in_words(field: FormField, said: str) -> Argument:
    return Argument(
        name=spelled_out(field.title),
        shown=spelled_out(said),
        hidden=has_hidden(field.title) or has_hidden(said),
    )

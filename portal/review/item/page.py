"""The page of a review item: an object of parts, read with a fixed number of queries."""

from dataclasses import dataclass, fields, replace
from typing import Any

from django.http import QueryDict

from approvals.models import ReviewItem
from approvals.queries import get_case
from approvals.review.selectors import QueueView
from approvals.review.sidebar import read_sidebar
from portal.quality import page as quality_page
from portal.review.item import card, exception, support
from portal.review.item.answers import (
    Answers,
    EditForm,
    SnoozeForm,
    answers_to,
    edit_form,
    snooze_form,
)
from portal.review.item.attached_files import with_file_names, with_files
from portal.review.item.attempts import Attempts, attempts_at
from portal.review.item.changes import Changed, changed_since
from portal.review.item.comments import Discussion, discussion_of
from portal.review.item.content import ItemContent, item_content
from portal.review.item.filled_form import with_forms
from portal.review.item.history import History, history_of
from portal.review.item.policy import policy_view
from portal.review.item.related import Related, related_to
from portal.review.item.rights import Rights, rights_on
from portal.review.item.sources import CitedSources, cited_sources
from portal.review.item.undo import Undoing, undoing_of
from portal.review.item.warnings import Warnings, warnings_about
from tenants import clock
from tenants.actors import Actor
from tenants.errors import DomainError
from tenants.models import Tenant
from workflows.models import Run


@dataclass(frozen=True, slots=True)
class ItemPage:
    """The page of one item for one viewer. Each part is built in the module of its class.

    ``answers`` and ``warnings`` are None once the item does not wait, ``snooze`` where the viewer
    may not decide, ``edit`` unless the viewer edits it, ``stuck`` for all but exceptions.
    ``opened`` is when the page was made, in seconds since 1970.
    """

    item: ReviewItem
    opened: int
    content: ItemContent
    sources: CitedSources
    rights: Rights
    history: History
    attempts: Attempts
    related: Related
    undoing: Undoing
    planting: quality_page.Planting
    answers: Answers | None = None
    edit: EditForm | None = None
    snooze: SnoozeForm | None = None
    warnings: Warnings | None = None
    discussion: Discussion | None = None
    changed_since: Changed | None = None
    stuck: exception.Stuck | None = None

    def context(self) -> dict[str, Any]:
        """Return the parts by name, as the templates of an item know them."""
        return {part.name: getattr(self, part.name) for part in fields(self)}


def item_page(
    item: ReviewItem,
    mine: QueueView,
    tenant: Tenant,
    editing: bool = False,
    posted: QueryDict | None = None,
    error: DomainError | None = None,
) -> ItemPage:
    """Return the page of an item that ``approvals.review.selectors.items_in_full`` read."""
    actor, locale = mine.actor, tenant.locale
    every = list(item.proposals.all())
    proposals = [p for p in every if p.status != "superseded"]
    waiting = item.status == "waiting" and clock.now() < item.due_at
    near = read_sidebar(item, actor)
    policy = policy_view(item, actor, mine.people, near) if waiting else None
    case = get_case(item.pk) if waiting and proposals else None
    rights = rights_on(item, proposals, case, policy, mine, waiting=waiting)
    draft = support.supported_draft(item, near.first_draft)
    edits = waiting and editing and rights.can_edit
    waits = item.status == "waiting"
    edited_by = ", ".join(dict.fromkeys(one.by for one in near.edited))
    content = item_content(item, proposals, draft, locale, edited_by=edited_by)
    shown = with_forms(content.actions, proposals, case, waiting=waits)
    shown = with_files(shown, proposals)
    content = replace(content, actions=shown, effect=with_file_names(content.effect, shown))
    return ItemPage(
        item=item,
        opened=int(clock.now().timestamp()),
        content=_content(item, content, actor, locale),
        sources=cited_sources(item, draft),
        rights=rights,
        history=history_of(item, every, near, actor, locale),
        attempts=attempts_at(item),
        related=related_to(item, near),
        undoing=undoing_of(item, proposals, actor, locale),
        planting=quality_page.planting_of(item, actor, tenant),
        answers=answers_to(item, proposals, case, policy, posted) if waits else None,
        edit=edit_form(item, proposals, posted, error, tenant) if edits else None,
        snooze=snooze_form(item, near.snoozed_until) if rights.may_decide else None,
        warnings=warnings_about(item, proposals, tenant, actor) if waiting else None,
        discussion=discussion_of(item, near, mine, waiting=waiting, posted=posted),
        changed_since=changed_since(item, every, near, actor, locale),
        stuck=exception.stuck(item, actor, tenant) if item.kind == "exception" else None,
    )


def _content(item: ReviewItem, content: ItemContent, actor: Actor, locale: str) -> ItemContent:
    """Return the content; an exception has its own badge, and what its run was asked."""
    if item.kind != "exception":
        return content
    asked = {"input": Run.objects.values_list("input", flat=True).get(pk=item.run_id)}
    return replace(
        content,
        badges=[exception.exception_badge(item, actor)],
        asked=card.request_rows(asked, locale),
    )

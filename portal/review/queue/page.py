"""The queue of one person in one request: the list, its counts and its controls."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, UUIDField, Value
from django.db.models.functions import Coalesce, JSONObject, NullIf
from django.utils.dateparse import parse_datetime

from approvals.models import ReviewItem
from approvals.review import selectors
from approvals.review.selectors import QueueView
from portal.review.queue import listing
from portal.review.queue.counts import Numbers, Tab, numbers_for, tabs
from portal.review.queue.models import SavedFilter
from portal.review.queue.params import (
    APART,
    ASKED,
    DUES,
    EXCEPTIONS,
    GROUPS,
    MINE,
    SCOPES,
    WORKFLOW,
    QueueParams,
    query,
    saved_params,
    view_of,
)
from portal.review.queue.saved_filters import LONGEST_NAME
from tenants.actors import Actor
from tenants.db.compiled import Param, compile_once
from tenants.errors import DomainError
from tenants.models import User
from tenants.sources.selectors import unconfirmed
from workflows.models import Workflow

MOST_SOURCES = 20


@dataclass(frozen=True, slots=True)
class WorkflowChoice:
    """A workflow in the filter's list of choices."""

    id: UUID
    slug: str
    title: str


@dataclass(frozen=True, slots=True)
class KeptFilter:
    """A saved filter; ``state`` holds its parameters of the queue's address."""

    id: UUID
    name: str
    state: dict[str, str]

    @property
    def tab(self) -> str:
        """The tab that the filter opens."""
        return self.state.get("kind", "all")


@dataclass(frozen=True, slots=True)
class Unconfirmed:
    """A source that the person owns and another person revised, still to be confirmed."""

    name: str
    title: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class QueueFrame:
    """Content around the list: workflows to filter by, saved filters, sources to confirm."""

    workflows: list[WorkflowChoice]
    saved: list[KeptFilter]
    unconfirmed: list[Unconfirmed]


@dataclass(frozen=True, slots=True)
class Chip:
    """A saved filter above the list. ``count`` is None where the filter is not counted."""

    id: UUID
    name: str
    query: str
    count: int | None
    is_capped: bool
    is_here: bool


@dataclass(frozen=True, slots=True)
class ControlValue:
    """One value of a control, and the query string that selects it."""

    key: str
    label: str
    query: str
    is_here: bool


@compile_once
def _frame() -> Any:
    """Return workflows, saved filters and sources to confirm, as three lists of one row."""
    workflows = Workflow.objects.order_by("title", "id")
    saved = SavedFilter.objects.filter(person=OuterRef("pk")).order_by("name")
    sources = unconfirmed().filter(owner=OuterRef("pk")).order_by("-verified_at")[:MOST_SOURCES]
    uploader = Coalesce(NullIf("revision__added_by__name", Value("")), "revision__added_by__email")
    told = JSONObject(name="name", title="title", by=uploader, at="verified_at")
    return User.objects.filter(pk=Param("person", UUIDField())).values_list(
        ArraySubquery(workflows.values(one=JSONObject(id="pk", slug="slug", title="title"))),
        ArraySubquery(saved.values(one=JSONObject(id="pk", name="name", state="query"))),
        ArraySubquery(sources.values(one=told)),
    )


@dataclass
class PersonalQueue:
    """The queue of one person. ``state`` holds the queue parameters of the address or form."""

    actor: Actor
    state: dict[str, str]

    @cached_property
    def mine(self) -> QueueView:
        """The items the person may decide, read once."""
        return selectors.queue_view(self.actor)

    @cached_property
    def _around(self) -> QueueFrame:
        """The content around the list, read in one query in place of three."""
        found = _frame().row(person=self.actor.person_id)
        if found is None:
            return QueueFrame([], [], [])
        return QueueFrame(
            [WorkflowChoice(**{**one, "id": UUID(one["id"])}) for one in found[0]],
            [KeptFilter(UUID(one["id"]), one["name"], one["state"]) for one in found[1]],
            [Unconfirmed(**{**one, "at": parse_datetime(one["at"])}) for one in found[2]],
        )

    def _slugs(self, view: QueueParams) -> dict[str, UUID]:
        return {one.slug: one.id for one in self._around.workflows} if view.workflow else {}

    def view(self, tab: str) -> QueueParams:
        """Return the scope, filters and grouping that ``state`` selects in a tab."""
        return view_of(self.state, tab, decides=self.mine.decides)

    def page(self, tab: str) -> listing.QueuePart:
        """Return a page of a tab's list. Raises Invalid for a garbled position."""
        view, mine = self.view(tab), self.mine
        picks = mine.people.policies if mine.people and view.scope == MINE else None
        picks = None if tab == ASKED or mine.reach.is_nothing else picks
        names = self._titles() if view.group == WORKFLOW else None
        return listing.page(mine, view, self._slugs(view), picks, names)

    def _titles(self) -> dict[UUID, str]:
        return {one.id: one.title for one in self._around.workflows}

    def following(self, tab: str, item: ReviewItem) -> UUID | None:
        """Return the id of the item to open after ``item``, in the order shown."""
        view = self.view(tab)
        return listing.next_item(self.mine, view, item, self._slugs(view))

    def addresses(self, tab: str) -> dict[str, Any]:
        """Return what an item's page says of the list it was opened from. No query."""
        return {
            "tab": tab,
            "tab_url": "exceptions" if tab == EXCEPTIONS else "review",
            "view": self.view(tab),
            "state": self.state,
            "query": query(self.state),
            "edit_query": query(self.state, edit="1"),
        }

    def context(self, tab: str, page: listing.QueuePart) -> dict[str, Any]:
        """Return the template context of the list, its controls and the sidebar's ``counts``."""
        view = self.view(tab)
        # These tabs have no filters, but their links to the other tabs keep the filters.
        counted = self.view("all") if tab in APART else view
        saved = [] if tab == EXCEPTIONS else self._around.saved
        views = [view_of(one.state, one.tab, decides=self.mine.decides) for one in saved]
        workflows = (
            {} if tab == EXCEPTIONS else {one.slug: one.id for one in self._around.workflows}
        )
        numbers = numbers_for(self.mine, counted, views, workflows)
        state = {name: value for name, value in self.state.items() if name != "after"}
        return self.addresses(tab) | {
            "counts": numbers.mine,
            "tabs": self._tabs(tab, numbers),
            "queue_counts": numbers.shown,
            "searched": selectors.SEARCHED,
            "page": page,
            "later_query": query(self.state, after=page.later),
            "first_query": query(state),
            "unsearched_query": query(state, q=""),
            "unfiltered_query": query(state, q="", workflow="", due=""),
            **self._controls(view, state),
            "saved": self._chips(saved, numbers, state),
            "unconfirmed": self._unconfirmed(view),
        }

    def _unconfirmed(self, view: QueueParams) -> list[Unconfirmed]:
        """Return the sources to confirm, on the unfiltered first page of the tab "all" only."""
        narrow = view.is_filtered or view.words or view.after or view.group
        return [] if view.tab != "all" or narrow else self._around.unconfirmed

    def _tabs(self, tab: str, numbers: Numbers) -> list[tuple[Tab, str]]:
        """Return each tab with its address, which keeps the filters but not words and position."""
        stays = {name: value for name, value in self.state.items() if name not in ("q", "after")}
        found = tabs(numbers.shown, numbers.mine.later, tab)
        return [(one, query(stays, kind=one.key)) for one in found]

    def _controls(self, view: QueueParams, state: Mapping[str, str]) -> dict[str, Any]:
        if view.tab in APART:
            return {"scopes": [], "may_filter": False}
        if view.tab == EXCEPTIONS:
            return {"scopes": self._scopes(view, state), "may_filter": False}
        return {
            "scopes": self._scopes(view, state),
            "may_filter": True,
            "workflows": self._around.workflows,
            "dues": DUES,
            "groups": GROUPS,
            "filters_on": sum(map(bool, (view.workflow, view.due, view.group))),
            "longest_name": LONGEST_NAME,
        }

    def _scopes(self, view: QueueParams, state: Mapping[str, str]) -> list[ControlValue]:
        """Return the scopes to choose from; empty for a person who never decides."""
        if not self.mine.decides:
            return []
        return [
            ControlValue(
                key, label, query(state, who="" if key == MINE else key), key == view.scope
            )
            for key, label in SCOPES
        ]

    def _chips(
        self, saved: list[KeptFilter], numbers: Numbers, state: Mapping[str, str]
    ) -> list[Chip]:
        try:
            here = saved_params(state)
        except DomainError:
            here = None
        return [
            Chip(one.id, one.name, query(one.state), n.count, n.is_capped, one.state == here)
            for one, n in zip(saved, numbers.saved, strict=True)
        ]

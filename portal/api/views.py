"""Views of API v1: runs and review items. Services hold the rules."""

from collections.abc import Callable, Sequence
from typing import Any, cast
from uuid import UUID

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from approvals.models import ReviewItem
from approvals.policies.contributions import contributions_of
from approvals.review import selectors as approvals
from approvals.review.action_lookup import actions_of
from approvals.states import ITEM
from audit.jobs import Priority
from portal.api.filters import KnownFilters
from portal.api.serializers import (
    Again,
    EventOut,
    NewEvent,
    NewRun,
    Reason,
    ReviewItemOut,
    RunOut,
)
from tenants.actors import Actor
from tenants.errors import Invalid, NotFound
from workflows import selectors, states
from workflows.models import Run, Workflow
from workflows.services.events import send_event
from workflows.services.rerun import rerun
from workflows.services.runs import cancel_run, pause_run, resume_run, start_run
from workflows.start_lookup import get_workflow_to_start
from workflows.waiting import selectors as waiting

KEY_HEADER, KEY_META = "Idempotency-Key", "HTTP_IDEMPOTENCY_KEY"
LONGEST_KEY = 128
ONCE = OpenApiParameter(
    KEY_HEADER,
    str,
    OpenApiParameter.HEADER,
    description="The same key with the same body counts once, however often sent.",
)


class RunFilter(KnownFilters):
    """Filters of runs, such as ``?status=waiting&workflow=refund-replies``.

    Fields are written out: from the model django-filter would use its manager, which needs a
    tenant scope.
    """

    status = django_filters.ChoiceFilter(choices=states.RUN.choices)
    trigger = django_filters.ChoiceFilter(choices=Run.TRIGGERS)
    workflow = django_filters.CharFilter(method="of_workflow")

    def of_workflow(self, runs: QuerySet[Run], name: str, slug: str) -> QuerySet[Run]:
        """Filter the runs by workflow. Raises ValidationError where there is no such workflow."""
        return runs.filter(workflow_id=_workflow(slug).pk)


def _workflow(slug: str) -> Workflow:
    try:
        return get_workflow_to_start(slug)
    except NotFound as error:
        raise ValidationError({"workflow": [error.message]}) from error


# What the serializer shows and what the reasons why a run waits are made of.
RUN_COLUMNS = (
    *("id", "status", "outcome", "trigger", "asked_by", "input", "priority", "started_at"),
    *("ended_at", "problem", "paused_at", "rerun_of_id", "rerun_from"),
    *("workflow__slug", "workflow__title", "workflow__paused_at", "workflow__at_once"),
    "version__number",
)


class Runs(viewsets.GenericViewSet[Run]):
    """Runs of the key's tenant: start, read, pause, resume, cancel, rerun, send events."""

    scopes = {"GET": "runs:read", "POST": "runs:write", "HEAD": "runs:read"}
    queryset = QuerySet(Run)  # for the schema; requests use get_queryset
    serializer_class = RunOut
    filterset_class = RunFilter
    lookup_value_converter = "uuid"

    def get_queryset(self) -> QuerySet[Run]:
        return selectors.runs().only(*RUN_COLUMNS)

    def retrieve(self, request: Request, pk: UUID) -> Response:
        """Show a run: its outputs, and why it does not go on."""
        return self._shown([self.get_object()], of_one=True)

    def list(self, request: Request) -> Response:
        """Show the runs, newest first."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self._shown(page or ())

    def _shown(self, runs: Sequence[Run], *, of_one: bool = False) -> Response:
        reasons = waiting.reasons_of_runs(runs, names=of_one)
        if of_one:
            (run,) = runs
            outputs = selectors.outputs_of(run) or None
            return Response(RunOut.show_read(run, reasons.get(run.pk, []), outputs))
        found = [RunOut.show_read(run, reasons.get(run.pk, [])) for run in runs]
        return self.get_paginated_response(found)

    @extend_schema(
        request=NewRun,
        parameters=[ONCE],
        responses={201: RunOut, 200: OpenApiResponse(RunOut, description="Started before.")},
    )
    def create(self, request: Request) -> Response:
        """Start a run."""
        body = NewRun.read(request.data)
        run, made = start_run(
            _workflow(body["workflow"]),
            input=body["input"],
            trigger="api",
            actor=cast(Actor, request.user),
            asked_by=body.get("asked_by", ""),
            idempotency_key=_key(request),
            priority=_priority(body.get("priority")),
        )
        return Response(RunOut.show(run), status=201 if made else 200)

    @extend_schema(
        request=NewEvent,
        parameters=[ONCE],
        responses={201: EventOut, 200: OpenApiResponse(EventOut, description="Sent before.")},
    )
    @action(detail=True, methods=["post"], scopes={"POST": "events:write"}, pagination_class=None)
    def events(self, request: Request, pk: UUID) -> Response:
        """Send an event to a run. The event wakes the step that waits for it, or is kept for one.

        A client's system calls this as its webhook. 409: the run is over or never waits for it.
        """
        selectors.get_run(pk)
        body = NewEvent.read(request.data)
        arrival, made = send_event(
            pk,
            **body,
            actor=cast(Actor, request.user),
            idempotency_key=_key(request),
        )
        return Response(EventOut.show(arrival), status=201 if made else 200)

    @extend_schema(request=Reason, responses=RunOut)
    @action(detail=True, methods=["post"])
    def pause(self, request: Request, pk: UUID) -> Response:
        """Halt a run before its next step, call and action."""
        return self._switched(pause_run, request, pk)

    @extend_schema(request=Reason, responses=RunOut)
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, pk: UUID) -> Response:
        """Resume a paused run."""
        return self._switched(resume_run, request, pk)

    @extend_schema(request=Reason, responses=RunOut)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: UUID) -> Response:
        """Cancel a run, with its items that wait for review."""
        return self._switched(cancel_run, request, pk)

    def _switched(self, act: Callable[..., Run], request: Request, pk: UUID) -> Response:
        body = Reason.read(request.data)
        act(pk, actor=cast(Actor, request.user), reason=body["reason"])
        return Response(RunOut.show(selectors.get_run(pk)))

    @extend_schema(
        request=Again,
        parameters=[ONCE],
        responses={201: RunOut, 200: OpenApiResponse(RunOut, description="Started before.")},
    )
    @action(detail=True, methods=["post"])
    def rerun(self, request: Request, pk: UUID) -> Response:
        """Start a run again from a step; steps finished before it are kept, not repeated."""
        body = Again.read(request.data)
        run, made = rerun(
            pk,
            step=body["step"],
            actor=cast(Actor, request.user),
            idempotency_key=_key(request),
        )
        return Response(RunOut.show(run), status=201 if made else 200)


def _priority(name: str | None) -> Priority | None:
    return Priority[name.upper()] if name else None


def _key(request: Request) -> str | None:
    key = request.META.get(KEY_META)
    if key is not None and not _may_be_sent(key):
        raise Invalid(
            f"{KEY_HEADER} must be 1 to {LONGEST_KEY} printable characters.", code="bad_key"
        )
    return key


def _may_be_sent(key: str) -> bool:
    # Keys that begin with a space are reserved for the services' own (``own_key``).
    return 0 < len(key) <= LONGEST_KEY and key.isprintable() and key == key.strip()


class ItemFilter(KnownFilters):
    """Filters of review items, such as ``?status=waiting&kind=proposal``."""

    status = django_filters.ChoiceFilter(choices=ITEM.choices)
    kind = django_filters.ChoiceFilter(choices=ReviewItem.KINDS)


# What the serializer shows. The evidence of an item is many times as much.
ITEM_COLUMNS = (
    *("id", "run_id", "workflow_name", "kind", "title", "status", "choice", "opened_at", "due_at"),
    *("decided_at", "content_hash", "draft", "policy_id"),
)


class ReviewItems(viewsets.GenericViewSet[ReviewItem]):
    """Review items of the key's tenant, read-only: only people decide, in the portal."""

    scopes = {"GET": "reviews:read", "HEAD": "reviews:read"}
    queryset = QuerySet(ReviewItem)
    serializer_class = ReviewItemOut
    filterset_class = ItemFilter
    lookup_value_converter = "uuid"

    def get_queryset(self) -> QuerySet[ReviewItem]:
        # Planted items too: otherwise a comparison with the portal would reveal them.
        return ReviewItem.objects.shown().only(*ITEM_COLUMNS).order_by("-id")

    def retrieve(self, request: Request, pk: UUID) -> Response:
        """Show a review item."""
        return Response(_shown_items([self.get_object()])[0])

    def list(self, request: Request) -> Response:
        """Show the review items, newest first."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        return self.get_paginated_response(_shown_items(page))


def _shown_items(items: Sequence[ReviewItem]) -> list[dict[str, Any]]:
    """Return items as the API shows them; what belongs to them in a fixed number of queries."""
    over = [item.pk for item in items if item.status == "decided"]
    decisions = {one.item_id: one for one in approvals.decisions_of(over)} if over else {}
    actions, sign_offs = actions_of([item.pk for item in items]), contributions_of(items)
    return [
        ReviewItemOut.show_read(
            item, actions.get(item.pk, ()), sign_offs.get(item.pk, ()), decisions.get(item.pk)
        )
        for item in items
    ]

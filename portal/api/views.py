"""API v1. Views translate; services decide."""

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import mixins, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from approvals.models import ReviewItem
from portal.api.serializers import NewRun, ReviewItemOut, RunOut
from tenants.errors import Invalid, NotFound
from workflows import selectors
from workflows.models import Run
from workflows.services.runs import start_run

KEY_HEADER = "Idempotency-Key"
LONGEST_KEY = 128


class RunFilter(django_filters.FilterSet):
    """``?status=waiting&workflow=refund-replies``."""

    workflow = django_filters.CharFilter(field_name="workflow__slug")

    class Meta:
        model = Run
        fields = ("status", "trigger")


class Runs(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Run]):
    """Start runs and read how they stand."""

    scopes = {"GET": "runs:read", "POST": "runs:write", "HEAD": "runs:read"}
    serializer_class = RunOut
    filterset_class = RunFilter
    lookup_value_converter = "uuid"

    def get_queryset(self) -> QuerySet[Run]:
        return selectors.runs()

    @extend_schema(
        request=NewRun,
        parameters=[
            OpenApiParameter(
                KEY_HEADER,
                str,
                OpenApiParameter.HEADER,
                description="The same key with the same body starts one run, however often sent.",
            )
        ],
        responses={201: RunOut, 200: OpenApiResponse(RunOut, description="Started before.")},
    )
    def create(self, request: Request) -> Response:
        """Start a run."""
        body = NewRun(data=request.data)
        body.is_valid(raise_exception=True)
        workflow = selectors.workflow(body.validated_data["workflow"])
        if workflow is None:
            raise NotFound("There is no such workflow.")
        run, made = start_run(
            workflow,
            input=body.validated_data["input"],
            trigger="api",
            actor=request.user,
            asked_by=body.validated_data.get("asked_by", ""),
            idempotency_key=_key(request),
        )
        return Response(RunOut(run).data, status=201 if made else 200)


def _key(request: Request) -> str | None:
    key = request.headers.get(KEY_HEADER)
    if key is not None and not (0 < len(key) <= LONGEST_KEY and key.isprintable()):
        raise Invalid(
            f"{KEY_HEADER} must be 1 to {LONGEST_KEY} printable characters.", code="bad_key"
        )
    return key


class ItemFilter(django_filters.FilterSet):
    """``?status=waiting&kind=proposal``."""

    class Meta:
        model = ReviewItem
        fields = ("status", "kind")


class ReviewItems(viewsets.ReadOnlyModelViewSet[ReviewItem]):
    """Read what waits for review. Deciding is for people, in the portal."""

    scopes = {"GET": "reviews:read", "HEAD": "reviews:read"}
    serializer_class = ReviewItemOut
    filterset_class = ItemFilter
    lookup_value_converter = "uuid"

    def get_queryset(self) -> QuerySet[ReviewItem]:
        return ReviewItem.objects.order_by("-id")

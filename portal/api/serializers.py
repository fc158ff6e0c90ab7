"""Shapes of the API. They read what views hand them and query nothing."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from approvals.models import ReviewItem
from workflows.models import Arrival, Run
from workflows.waiting.words import Waiting

PRIORITIES = [name for _, name in Run.PRIORITIES]


class Body(serializers.Serializer[Any]):
    """The body of a request. Unknown fields are refused."""

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        unknown = sorted(set(self.initial_data) - set(self.fields))
        if unknown:
            raise serializers.ValidationError(
                {name: ["There is no such field."] for name in unknown}
            )
        return attrs


class NewRun(Body):
    """The body of a request to start a run."""

    workflow = serializers.SlugField(max_length=40)
    input = serializers.DictField(help_text="What the workflow's prompts and conditions read.")
    asked_by = serializers.CharField(max_length=160, required=False)
    priority = serializers.ChoiceField(
        choices=PRIORITIES,
        required=False,
        help_text="What of yours goes first. Left out, normal; bulk goes when nothing else waits.",
    )


class WaitingOut(serializers.Serializer[Any]):
    """Why a run does not go on."""

    before = serializers.IntegerField(
        allow_null=True, help_text="How many of yours go before it, counted to 1,000."
    )
    why = serializers.CharField()


class NewEvent(Body):
    """The body of an event sent to a run."""

    name = serializers.RegexField(
        r"^[a-z][a-z0-9_.-]{0,79}$", help_text="As the wait step names it: payment.received."
    )
    data = serializers.DictField(  # type: ignore[assignment]  # our field hides theirs
        default=dict, help_text="Becomes the wait step's output."
    )


class EventOut(serializers.ModelSerializer[Arrival]):
    """An event that a run was told of."""

    run = serializers.UUIDField(source="run_id")
    taken = serializers.SerializerMethodField()

    class Meta:
        model = Arrival
        fields = ("id", "run", "name", "data", "came_at", "taken")

    def get_taken(self, arrival: Arrival) -> bool:
        """Whether a step was woken by it; otherwise it is kept for one that has not begun."""
        return arrival.taken_by_id is not None


class RunOut(serializers.ModelSerializer[Run]):
    """A run and how it stands."""

    workflow = serializers.SlugField(source="workflow.slug")
    version = serializers.IntegerField(source="version.number")
    rerun_of = serializers.UUIDField(source="rerun_of_id", read_only=True, allow_null=True)
    priority = serializers.ChoiceField(
        choices=PRIORITIES, source="get_priority_display", read_only=True
    )
    waiting = serializers.SerializerMethodField(
        help_text="Of a run that is read and does not go on: why. Null in answers to POST."
    )

    class Meta:
        model = Run
        fields = (
            "id",
            "workflow",
            "version",
            "status",
            "outcome",
            "trigger",
            "asked_by",
            "input",
            "priority",
            "waiting",
            "started_at",
            "ended_at",
            "problem",
            "paused_at",
            "rerun_of",
            "rerun_from",
        )

    @extend_schema_field(WaitingOut(allow_null=True))
    def get_waiting(self, run: Run) -> dict[str, Any] | None:
        """The first reason, as the view found it."""
        found: list[Waiting] = self.context.get("waiting", {}).get(run.pk, [])
        return {"before": found[0].before, "why": found[0].why} if found else None


class Reason(serializers.Serializer[Any]):
    """Why, in a few words."""

    reason = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")


class Again(serializers.Serializer[Any]):
    """Where to begin again."""

    step = serializers.CharField(max_length=40, help_text="The step to begin at.")


class ReviewItemOut(serializers.ModelSerializer[ReviewItem]):
    """An item of the queue."""

    run = serializers.UUIDField(source="run_id")
    workflow = serializers.CharField(source="workflow_name")

    class Meta:
        model = ReviewItem
        fields = (
            "id",
            "run",
            "workflow",
            "kind",
            "title",
            "status",
            "choice",
            "opened_at",
            "due_at",
            "decided_at",
            "content_hash",
            "draft",
        )

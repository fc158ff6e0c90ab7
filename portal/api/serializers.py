"""Shapes of the API. They read what views hand them and query nothing."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from approvals.models import Decision, Proposal, ReviewItem
from approvals.policies.contributions import Contribution
from approvals.rules.phrases import titled
from workflows.models import Arrival, Run
from workflows.waiting.sentences import Waiting

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

    workflow = serializers.RegexField(
        r"^[a-z0-9-]{1,40}$",
        max_length=40,
        error_messages={
            "invalid": "Use the workflow's name in addresses: small letters, digits and hyphens."
        },
    )
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
    outputs = serializers.SerializerMethodField(
        help_text="Of one run that is read: what each finished step gave, by name. Null in lists."
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
            "outputs",
        )

    @extend_schema_field(WaitingOut(allow_null=True))
    def get_waiting(self, run: Run) -> dict[str, Any] | None:
        """The first reason, as the view found it."""
        found: list[Waiting] = self.context.get("waiting", {}).get(run.pk, [])
        return {"before": found[0].before, "why": found[0].why} if found else None

    @extend_schema_field(serializers.DictField(allow_null=True))
    def get_outputs(self, run: Run) -> dict[str, Any] | None:
        """Outputs by step, with a person's text where they edited it."""
        found: dict[str, Any] | None = self.context.get("outputs")
        return found


class Reason(serializers.Serializer[Any]):
    """Why, in a few words."""

    reason = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")


class Again(serializers.Serializer[Any]):
    """Where to begin again."""

    step = serializers.CharField(max_length=40, help_text="The step to begin at.")


class ActionOut(serializers.ModelSerializer[Proposal]):
    """An action of an item as it stands: what people edited is in its arguments."""

    tool = serializers.CharField(source="tool_name")
    title = serializers.SerializerMethodField()
    done_before = serializers.SerializerMethodField(
        help_text="Of an action that waits: whether the same was carried out for another item, or "
        "may have been, within the days that its tool looks back."
    )

    class Meta:
        model = Proposal
        fields = ("tool", "title", "args", "status", "executed_at", "result", "done_before")

    def get_title(self, proposal: Proposal) -> str:
        """What it does, in words."""
        return titled(proposal.tool, proposal.args)

    def get_done_before(self, proposal: Proposal) -> bool:
        """As the view found it."""
        return proposal.status == "proposed" and bool(getattr(proposal, "is_done_already", False))


class SignOffOut(serializers.Serializer[Contribution]):
    """Somebody who edited an item or agreed to it before it was decided."""

    by = serializers.CharField()
    at = serializers.DateTimeField()
    did = serializers.CharField(help_text="Such as: edited it, approved it.")


class DecisionOut(serializers.ModelSerializer[Decision]):
    """What was decided, by whom. ``edits`` are the text and arguments they changed."""

    by = serializers.CharField(source="by.email")
    name = serializers.CharField(source="by.__str__")

    class Meta:
        model = Decision
        fields = ("choice", "by", "name", "role", "at", "reason", "words", "edits")


class ReviewItemOut(serializers.ModelSerializer[ReviewItem]):
    """An item of the queue, with what people made of it."""

    run = serializers.UUIDField(source="run_id")
    workflow = serializers.CharField(source="workflow_name")
    text = serializers.SerializerMethodField(
        help_text="The written text as it stands: a person's version where they edited it."
    )
    actions = serializers.SerializerMethodField()
    sign_offs = serializers.SerializerMethodField(
        help_text="Who edited it or agreed before the decision, where a policy asks for several."
    )
    decision = serializers.SerializerMethodField()

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
            "text",
            "actions",
            "sign_offs",
            "decision",
        )

    def get_text(self, item: ReviewItem) -> str:
        """The decision's text, else the draft's; empty where there is none."""
        made = self._made(item)
        edited = made.edits.get("draft") if made else None
        return str(edited if edited is not None else item.draft.get("text") or "")

    @extend_schema_field(ActionOut(many=True))
    def get_actions(self, item: ReviewItem) -> list[dict[str, Any]]:
        """Those that stand, in order; what an edit replaced is left out."""
        stand = [p for p in item.proposals.all() if p.status != "superseded"]
        return list(ActionOut(stand, many=True).data)

    @extend_schema_field(SignOffOut(many=True))
    def get_sign_offs(self, item: ReviewItem) -> list[dict[str, Any]]:
        """In order."""
        contributions = self.context.get("contributions", {}).get(item.pk, [])
        return list(SignOffOut(contributions, many=True).data)

    @extend_schema_field(DecisionOut(allow_null=True))
    def get_decision(self, item: ReviewItem) -> dict[str, Any] | None:
        """The decision that stands; null while nobody decided."""
        made = self._made(item)
        return DecisionOut(made).data if made else None

    def _made(self, item: ReviewItem) -> Decision | None:
        if item.status != "decided":
            return None
        found: dict[Any, Decision] = self.context.get("decisions", {})
        return found.get(item.pk)

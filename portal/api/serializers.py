"""Serializers of the API. They read what the views load, and make no query of their own."""

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
    """Body of a request. Unknown fields are refused."""

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        unknown = sorted(set(self.initial_data) - set(self.fields))
        if unknown:
            raise serializers.ValidationError(
                {name: ["There is no such field."] for name in unknown}
            )
        return attrs


class NewRun(Body):
    """Body of a request to start a run."""

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
    """Reason why a run does not go on."""

    before = serializers.IntegerField(
        allow_null=True, help_text="How many of yours go before it, counted to 1,000."
    )
    why = serializers.CharField()


class NewEvent(Body):
    """Body of an event sent to a run."""

    name = serializers.RegexField(
        r"^[a-z][a-z0-9_.-]{0,79}$", help_text="As the wait step names it: payment.received."
    )
    data = serializers.DictField(  # type: ignore[assignment]  # our field hides theirs
        default=dict, help_text="Becomes the wait step's output."
    )


class EventOut(serializers.ModelSerializer[Arrival]):
    """Event that was sent to a run."""

    run = serializers.UUIDField(source="run_id")
    taken = serializers.SerializerMethodField()

    class Meta:
        model = Arrival
        fields = ("id", "run", "name", "data", "came_at", "taken")

    def get_taken(self, arrival: Arrival) -> bool:
        """Whether the event woke a step; otherwise it is kept for a step that has not begun."""
        return arrival.taken_by_id is not None


class RunOut(serializers.ModelSerializer[Run]):
    """Run with its status and why it waits; ``outputs`` only where one run is read."""

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
        """Return the first reason that the view found; null where the run goes on."""
        found: list[Waiting] = self.context.get("waiting", {}).get(run.pk, [])
        return {"before": found[0].before, "why": found[0].why} if found else None

    @extend_schema_field(serializers.DictField(allow_null=True))
    def get_outputs(self, run: Run) -> dict[str, Any] | None:
        """Return the outputs by step, with a person's text where they edited it."""
        found: dict[str, Any] | None = self.context.get("outputs")
        return found


class Reason(serializers.Serializer[Any]):
    """Body of a request that may give a reason."""

    reason = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")


class Again(serializers.Serializer[Any]):
    """Body of a request to run again from a step."""

    step = serializers.CharField(max_length=40, help_text="The step to begin at.")


class ActionOut(serializers.ModelSerializer[Proposal]):
    """Action of an item in its current revision: people's edits are in its arguments."""

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
        """Return the action's title, from the tool's phrases and the arguments."""
        return titled(proposal.tool, proposal.args)

    def get_done_before(self, proposal: Proposal) -> bool:
        """Whether the view found the same action done before; false once it was decided."""
        return proposal.status == "proposed" and bool(getattr(proposal, "is_done_already", False))


class SignOffOut(serializers.Serializer[Contribution]):
    """Person who edited an item or agreed to it before it was decided."""

    by = serializers.CharField()
    at = serializers.DateTimeField()
    did = serializers.CharField(help_text="Such as: edited it, approved it.")


class DecisionOut(serializers.ModelSerializer[Decision]):
    """Decision on an item. ``edits`` are the text and the arguments that the person changed."""

    by = serializers.CharField(source="by.email")
    name = serializers.CharField(source="by.__str__")

    class Meta:
        model = Decision
        fields = ("choice", "by", "name", "role", "at", "reason", "words", "edits")


class ReviewItemOut(serializers.ModelSerializer[ReviewItem]):
    """Review item with its text, actions, sign-offs and decision."""

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
        """Return the decision's edited text, else the draft's; empty where there is none."""
        made = self._made(item)
        edited = made.edits.get("draft") if made else None
        return str(item.text_draft.words if edited is None else edited)

    @extend_schema_field(ActionOut(many=True))
    def get_actions(self, item: ReviewItem) -> list[dict[str, Any]]:
        """Return the actions in order, without those that an edit replaced."""
        stand = [p for p in item.proposals.all() if p.status != "superseded"]
        return list(ActionOut(stand, many=True).data)

    @extend_schema_field(SignOffOut(many=True))
    def get_sign_offs(self, item: ReviewItem) -> list[dict[str, Any]]:
        """Return the sign-offs in order."""
        contributions = self.context.get("contributions", {}).get(item.pk, [])
        return list(SignOffOut(contributions, many=True).data)

    @extend_schema_field(DecisionOut(allow_null=True))
    def get_decision(self, item: ReviewItem) -> dict[str, Any] | None:
        """Return the decision; null while the item is not decided."""
        made = self._made(item)
        return DecisionOut(made).data if made else None

    def _made(self, item: ReviewItem) -> Decision | None:
        if item.status != "decided":
            return None
        found: dict[Any, Decision] = self.context.get("decisions", {})
        return found.get(item.pk)

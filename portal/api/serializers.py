"""Serializers of the API. They read what the views load, and make no query of their own."""

from collections.abc import Iterable
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from approvals.models import Decision, Proposal, ReviewItem
from approvals.policies.contributions import Contribution
from approvals.review.action_lookup import ItemAction
from portal.api.stateless import Stateless
from workflows.models import Arrival, Run
from workflows.waiting.sentences import Waiting

PRIORITIES = [name for _, name in Run.PRIORITIES]


class ClosedBody(Stateless):
    """Body of a request that has no other fields than these."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Return the values. Raises ValidationError for wrong ones, then for unknown fields."""
        values: dict[str, Any] = super().to_internal_value(data)
        unknown = sorted(set(data) - set(self.fields))
        if unknown:
            raise serializers.ValidationError(
                {name: ["There is no such field."] for name in unknown}
            )
        return values


class NewRun(ClosedBody):
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


class WaitingOut(Stateless):
    """Reason why a run does not go on."""

    before = serializers.IntegerField(
        allow_null=True, help_text="How many of yours go before it, counted to 1,000."
    )
    why = serializers.CharField()


class NewEvent(ClosedBody):
    """Body of an event sent to a run."""

    name = serializers.RegexField(
        r"^[a-z][a-z0-9_.-]{0,79}$", help_text="As the wait step names it: payment.received."
    )
    data = serializers.DictField(  # type: ignore[assignment]  # our field hides theirs
        default=dict, help_text="Becomes the wait step's output."
    )


class EventOut(Stateless, serializers.ModelSerializer[Arrival]):
    """Event that was sent to a run."""

    run = serializers.UUIDField(source="run_id")
    taken = serializers.SerializerMethodField()

    class Meta:
        model = Arrival
        fields = ("id", "run", "name", "data", "came_at", "taken")

    def get_taken(self, arrival: Arrival) -> bool:
        """Whether the event woke a step; otherwise it is kept for a step that has not begun."""
        return arrival.taken_by_id is not None


class RunOut(Stateless, serializers.ModelSerializer[Run]):
    """Run with its status and why it waits; ``outputs`` only where one run is read."""

    workflow = serializers.SlugField(source="workflow.slug")
    version = serializers.IntegerField(source="version.number")
    rerun_of = serializers.UUIDField(source="rerun_of_id", read_only=True, allow_null=True)
    priority = serializers.ChoiceField(choices=PRIORITIES, source="priority_name", read_only=True)
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
        """Return null: ``show_read`` says why a run waits."""
        return None

    @extend_schema_field(serializers.DictField(allow_null=True))
    def get_outputs(self, run: Run) -> dict[str, Any] | None:
        """Return null: ``show_read`` has the outputs."""
        return None

    @classmethod
    def show_read(
        cls, run: Run, reasons: list[Waiting], outputs: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Return a run that is read, with the first reason why it waits, if there is one.

        ``outputs`` are by step, with a person's text where they edited it.
        """
        waiting = WaitingOut.show(reasons[0]) if reasons else None
        return cls.show(run) | {"waiting": waiting, "outputs": outputs}


class Reason(Stateless):
    """Body of a request that may give a reason."""

    reason = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")


class Again(Stateless):
    """Body of a request to run again from a step."""

    step = serializers.CharField(max_length=40, help_text="The step to begin at.")


class ActionOut(Stateless, serializers.ModelSerializer[Proposal]):
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

    def get_title(self, one: ItemAction) -> str:
        """Return the action's title, from the tool's phrases and the arguments."""
        return one.title

    def get_done_before(self, one: ItemAction) -> bool:
        """Whether the same action was done before; false once this one was decided."""
        return one.done_before


class SignOffOut(Stateless):
    """Person who edited an item or agreed to it before it was decided."""

    by = serializers.CharField()
    at = serializers.DateTimeField()
    did = serializers.CharField(help_text="Such as: edited it, approved it.")


class DecisionOut(Stateless, serializers.ModelSerializer[Decision]):
    """Decision on an item. ``edits`` are the text and the arguments that the person changed."""

    by = serializers.CharField(source="by.email")
    name = serializers.CharField(source="by")  # as text: the person's name

    class Meta:
        model = Decision
        fields = ("choice", "by", "name", "role", "at", "reason", "words", "edits")


class ReviewItemOut(Stateless, serializers.ModelSerializer[ReviewItem]):
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
        """Return the draft's text; empty where there is none."""
        return item.text_draft.words

    @extend_schema_field(ActionOut(many=True))
    def get_actions(self, item: ReviewItem) -> list[dict[str, Any]]:
        """Return none: ``show_read`` has the actions."""
        return []

    @extend_schema_field(SignOffOut(many=True))
    def get_sign_offs(self, item: ReviewItem) -> list[dict[str, Any]]:
        """Return none: ``show_read`` has the sign-offs."""
        return []

    @extend_schema_field(DecisionOut(allow_null=True))
    def get_decision(self, item: ReviewItem) -> dict[str, Any] | None:
        """Return null: ``show_read`` has the decision."""
        return None

    @classmethod
    def show_read(
        cls,
        item: ReviewItem,
        actions: Iterable[ItemAction],
        sign_offs: Iterable[Contribution],
        decision: Decision | None,
    ) -> dict[str, Any]:
        """Return an item with its actions, sign-offs and decision, and the text as edited there."""
        shown = cls.show(item)
        shown["actions"] = [ActionOut.show(one) for one in actions]
        shown["sign_offs"] = [SignOffOut.show(one) for one in sign_offs]
        if decision is not None:
            shown["decision"] = DecisionOut.show(decision)
            edited = decision.edits.get("draft")
            shown["text"] = shown["text"] if edited is None else str(edited)
        return shown

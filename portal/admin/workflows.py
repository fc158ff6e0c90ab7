"""Admin of workflows and their versions."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.widgets import (
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from portal.admin.base import RefusableForm, ServiceAdmin
from portal.admin.site import site
from tenants.models import User
from workflows.models import Version, Workflow
from workflows.services import definitions


class NewWorkflowAdminForm(RefusableForm):
    """Form of a new workflow: its first definition."""

    definition = forms.CharField(
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 28, "class": "code"}),
        strip=False,
        help_text="YAML. Its name, title and rung are read from it.",
    )
    note = forms.CharField(
        required=False, max_length=300, widget=UnfoldAdminTextInputWidget, help_text="What is new."
    )


class WorkflowForm(RefusableForm):
    """Form of a workflow's settings: those that change without a new version."""

    paused = forms.BooleanField(
        required=False,
        widget=UnfoldBooleanSwitchWidget,
        help_text="Halts it before its next step; runs wait.",
    )
    reason = forms.CharField(
        required=False,
        max_length=300,
        widget=UnfoldAdminTextInputWidget,
        help_text="Why the rung changes or it is paused. It goes on record.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["paused"] = self.instance.paused_at is not None


class WorkflowAdmin(ServiceAdmin):
    """Admin of a workflow's owner, rung, model and pause.

    New versions are published on the workflow's page in the portal.
    """

    form = WorkflowForm
    list_display = ("title", "slug", "owner", "rung", "live", "paused_at")
    list_filter = ("rung",)
    list_select_related = ("owner", "live")
    search_fields = ("slug", "title")
    ordering = ("title",)

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form = self.form if obj else NewWorkflowAdminForm
        return super().get_form(request, obj, change=change, **{"form": form, **kwargs})

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        if obj is None:
            return ("definition", "owner", "note")
        if not self.has_change_permission(request, obj):
            return ("title", "slug", "live", "owner", "rung", "model", "most", "paused_at")
        return ("title", "slug", "live", "owner", "rung", "model", "most", "paused", "reason")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("title", "slug", "live", "most", "paused_at") if obj else ()

    @admin.display(description="Most calls under way together")
    def most(self, obj: Workflow) -> str:
        """Return the concurrency limit of the workflow in words; its definition sets it."""
        if obj.at_once:
            return f"{obj.at_once:,}, as at_once in its definition says"
        return "Any number: its definition says no at_once"

    def write(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> models.Model:
        given, actor = form.cleaned_data, self.actor(request)
        if not change:
            return definitions.make_workflow(
                text=given["definition"], owner=given["owner"], note=given["note"], actor=actor
            )
        workflow: Workflow = self.stored(request, obj)
        owner: User = given["owner"]
        definitions.change_workflow(workflow, owner=owner, model=given["model"], actor=actor)
        if given["rung"] != workflow.rung:
            definitions.change_rung(
                workflow, rung=given["rung"], actor=actor, reason=given["reason"]
            )
        if given["paused"] != (workflow.paused_at is not None):
            switch = definitions.pause if given["paused"] else definitions.unpause
            switch(workflow, actor=actor, reason=given["reason"])
        return workflow


class VersionAdmin(ServiceAdmin):
    """Admin of published versions, read-only: a version never changes."""

    list_display = ("workflow", "number", "note", "published_by", "published_at")
    list_filter = ("workflow",)
    list_select_related = ("workflow", "published_by")
    ordering = ("-id",)
    fields = ("workflow", "number", "note", "sha256", "published_by", "published_at", "yaml")
    readonly_fields = ("yaml",)
    can_add = can_change = False

    @admin.display(description="Definition")
    def yaml(self, obj: Version) -> SafeString:
        """Return the definition as preformatted text."""
        return format_html('<pre class="code">{}</pre>', obj.definition)


site.register(Workflow, WorkflowAdmin)
site.register(Version, VersionAdmin)

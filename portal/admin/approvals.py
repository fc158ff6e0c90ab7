"""Admin of tools and never-rules."""

from typing import Any, cast

from django import forms
from django.db import models
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminSelectWidget

from approvals.gate.never_rules import add_rule, remove_rule
from approvals.gate.tools import DECLARED, add_tool, change_tool
from approvals.models import NeverRule, Tool
from approvals.rules.never import Rule
from portal.admin.base import RefusableForm, ServiceAdmin
from portal.admin.fields import FractionsObject, JsonObject
from portal.admin.site import site
from workflows.tools import adapters


class ToolForm(RefusableForm):
    """Form of a tool's declaration."""

    args_schema = FractionsObject(
        label="Arguments", help_text="JSON Schema of its arguments: an object with properties."
    )
    settings = FractionsObject(
        required=False,
        help_text="For openapi: made by an import of a document. For http: url, method, headers (a "
        "value may be secret:name) and done_if, CEL over result that says whether an answer means "
        "it was done, as result.body.ok.",
    )
    undo_args = JsonObject(
        label="Arguments of the undo",
        required=False,
        help_text="For each argument of the undo tool a CEL expression over args and result, as "
        '{"refund": "result.body.id"}. Empty: the same arguments.',
    )
    undo_check = JsonObject(
        label="Check before the undo",
        required=False,
        help_text="tool (one that reads), args, if (over args, result and found) and why.",
    )
    phrases = JsonObject(
        required=False,
        help_text="title, also, effect, button and undo, in the client's words. "
        "Arguments are written as {amount}.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "adapter" in self.fields:
            names = [(name, name) for name in sorted(adapters())]
            self.fields["adapter"] = forms.ChoiceField(
                choices=names,
                widget=UnfoldAdminSelectWidget,
                help_text="What carries it out.",
            )


class ToolAdmin(ServiceAdmin):
    """Admin of the client's tools. Each change makes a new version of the tool."""

    form = ToolForm
    list_display = ("title", "name", "effect", "kind", "adapter", "version", "enabled")
    list_filter = ("effect", "kind", "enabled")
    search_fields = ("name", "title")
    ordering = ("name",)
    fieldsets = (
        (None, {"fields": ("name", "title", "adapter", "version", "enabled", "is_test")}),
        ("What it does", {"fields": ("effect", "kind", "asks_outside", "takes_key")}),
        ("When it was done before", {"fields": ("same_as", "same_days")}),
        ("How it is undone", {"fields": ("undo_tool", "undo_hours", "undo_args", "undo_check")}),
        ("Arguments and settings", {"fields": ("args_schema", "settings")}),
        ("In the client's words", {"fields": ("phrases", "prose_arg")}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("name", "adapter", "version") if obj else ("version",)

    def write(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> models.Model:
        actor, given = self.actor(request), form.cleaned_data
        if not change:
            return add_tool(actor=actor, **given)
        changes = {name: given[name] for name in form.changed_data if name in DECLARED}
        stored = self.stored(request, obj)
        return change_tool(stored, actor=actor, **changes) if changes else cast(Tool, stored)


class NeverRuleAdmin(ServiceAdmin):
    """Admin of never-rules: a rule is added or removed, never changed."""

    list_display = ("sentence", "made_by", "made_at")
    list_filter = ("kind",)
    list_select_related = ("made_by",)
    ordering = ("id",)
    fields = ("tool", "kind", "condition", "text", "why")
    can_change = False
    can_delete = True

    def sentence(self, obj: NeverRule) -> str:
        """Return the rule as a sentence."""
        return Rule(obj.tool, obj.kind, obj.condition, obj.text).sentence()

    def write(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> models.Model:
        return add_rule(Rule(**form.cleaned_data), actor=self.actor(request))

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        remove_rule(obj.pk, actor=self.actor(request))

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        for pk in queryset.values_list("pk", flat=True):
            remove_rule(pk, actor=self.actor(request))


site.register(Tool, ToolAdmin)
site.register(NeverRule, NeverRuleAdmin)

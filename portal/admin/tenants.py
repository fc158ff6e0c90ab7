"""Admin of the tenant itself, its sources and its secrets."""

from typing import Any, cast

from django import forms
from django.db import models
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminPasswordToggleWidget

from approvals.gate.tool_secrets import declare_secret
from portal.admin.base import RefusableForm, ServiceAdmin
from portal.admin.fields import Lines
from portal.admin.site import site
from portal.request import Request
from tenants.models import Secret, Source, Tenant
from tenants.services.tenants import CHANGEABLE, MOST_AT_ONCE, MOST_SHARE, change_tenant
from tenants.sources.services import add_source, change_source
from workflows.triggers.schedules import move_schedules_to_zone


class AgentCap(forms.IntegerField):
    """Cap of this client on its agents; the lower of it and the workflow's holds."""

    def __init__(self, label: str, what: str, most: int) -> None:
        super().__init__(
            label=label,
            required=False,
            min_value=1,
            max_value=most,
            widget=UnfoldAdminIntegerFieldWidget,
            help_text=f"{what} in one run. Empty: as the workflow says.",
        )


class TenantForm(RefusableForm):
    """Form of the tenant's settings."""

    allowed_hosts = Lines(
        required=False,
        help_text="Hosts that HTTP tools may call, one a line, as shop.example or "
        "shop.example:8443.",
    )
    model_names = Lines(
        label="Models",
        required=False,
        help_text="The only models that may be chosen for this client, one a line, by the names of "
        "the routing table. Empty: any.",
    )
    model_regions = Lines(
        label="Regions of models",
        required=False,
        help_text="The only regions that its models may be in, one a line, as EU. Empty: any.",
    )
    model_keeps_days = forms.IntegerField(
        label="Days that prompts may be kept",
        required=False,
        min_value=0,
        max_value=3650,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text="Models whose provider keeps prompts for longer, or nobody knows how long, are "
        "not asked. Empty: any.",
    )
    agent_turns = AgentCap("Most turns of an agent", "How often an agent may ask its model", 50)
    agent_tool_calls = AgentCap("Most calls of an agent", "How many calls it may ask for", 200)
    agent_minutes = AgentCap("Most minutes of an agent", "How long it may work", 24 * 60)
    agent_cents = AgentCap(
        "Most cents of an agent", "What its models may cost, in US cents", 100_000
    )
    at_once = forms.IntegerField(
        label="Most calls under way together",
        required=False,
        min_value=1,
        max_value=MOST_AT_ONCE,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text="How many calls to models and tools of this client may be under way together. "
        "Further ones wait for their turn. Empty: as many as this deployment lets each client.",
    )
    share = forms.IntegerField(
        label="Share of the work",
        min_value=1,
        max_value=MOST_SHARE,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text="Clients' work is done in turn. With 2 this client gets twice as much of it "
        "done in each round as one with 1.",
    )


class TenantAdmin(ServiceAdmin):
    """Admin of the request's tenant and no other. Its slug never changes."""

    form = TenantForm
    can_add = False
    list_display = ("name", "rung", "timezone", "currency")
    fields = CHANGEABLE

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Tenant]:
        """Return the request's tenant alone: the wall does not filter the tenants' own table."""
        return Tenant.objects.filter(pk=cast(Request, request).tenant.pk)

    def write(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> models.Model:
        changes = {name: form.cleaned_data[name] for name in form.changed_data}
        tenant = change_tenant(self.stored(request, obj), actor=self.actor(request), **changes)
        if "timezone" in changes:
            move_schedules_to_zone(tenant)
        return tenant


class SourceAdmin(ServiceAdmin):
    """Admin of the source map. Content is uploaded on the source's page."""

    list_display = ("title", "name", "kind", "owner", "authority", "verified_at", "max_age_days")
    list_filter = ("kind", "authority")
    list_select_related = ("owner",)
    search_fields = ("name", "title")
    ordering = ("name",)
    fields = ("name", "title", "kind", "key_field", "owner", "authority", "max_age_days")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("name", "kind", "key_field") if obj else ()

    def write(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> models.Model:
        given, actor = form.cleaned_data, self.actor(request)
        if change:
            return change_source(self.stored(request, obj), actor=actor, **given)
        return add_source(actor=actor, **given)


class SecretForm(RefusableForm):
    """Form of a secret: its value is set and never shown."""

    value = forms.CharField(
        widget=UnfoldAdminPasswordToggleWidget(attrs={"autocomplete": "off"}),
        strip=False,
        help_text="It is kept encrypted and never shown. Setting it again replaces it.",
    )


class SecretAdmin(ServiceAdmin):
    """Admin of secrets, which tools refer to as ``secret:name``."""

    form = SecretForm
    list_display = ("name", "environment", "scope", "changed_at", "used_on")
    search_fields = ("name",)
    ordering = ("name",)

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        """Return the secrets without their encrypted values, which no page here shows."""
        return cast("models.QuerySet[Any]", super().get_queryset(request).defer("ciphertext"))

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        may_set = obj is None or self.has_change_permission(request, obj)
        seen = ["changed_at", "used_on"] if obj else []
        return ["name", *(["value"] if may_set else []), "environment", "scope", *seen]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("name", "changed_at", "used_on") if obj else ()

    def write(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> models.Model:
        given = form.cleaned_data
        return declare_secret(
            name=obj.name,
            value=given["value"],
            environment=given["environment"],
            scope=given["scope"],
            actor=self.actor(request),
        )


site.register(Tenant, TenantAdmin)
site.register(Source, SourceAdmin)
site.register(Secret, SecretAdmin)

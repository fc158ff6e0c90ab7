"""Base of every admin of a tenant's objects: services save, and the record has the events."""

from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern
from unfold.admin import ModelAdmin

from portal.admin.site import is_staff_here
from portal.request import Request
from tenants.actors import Actor
from tenants.errors import DomainError
from tenants.models import User
from tenants.roles import Capability
from workflows.definitions.problems import DefinitionError


class RefusableForm(forms.ModelForm):  # type: ignore[type-arg]
    """Form that shows a service's refusal (``refused``) as its error."""

    refused: DomainError | None = None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if isinstance(self.refused, DefinitionError):
            raise ValidationError([problem.sentence() for problem in self.refused.problems])
        if self.refused is not None:
            raise ValidationError(self.refused.message)
        return cleaned

    def validate_constraints(self) -> None:
        """Skip Django's constraint checks: the services check them, with better messages."""


class ServiceAdmin(ModelAdmin):  # type: ignore[misc]
    """Admin whose saves are calls of services.

    A subclass implements ``write``: it calls the service and returns the saved object.
    A DomainError rolls everything back and becomes an error of the form.
    """

    form = RefusableForm
    list_per_page = 50
    list_max_show_all = 50
    show_full_result_count = False
    view_on_site = False
    can_add = can_change = True
    can_delete = False

    def write(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> models.Model:
        """Save through a service. ``obj`` carries the form's values and is not saved itself."""
        raise NotImplementedError

    def actor(self, request: HttpRequest) -> Actor:
        """Return the actor of the request."""
        return cast(Request, request).actor

    # -- Permissions ------------------------------------------------------------------------

    def has_module_permission(self, request: HttpRequest) -> bool:
        return is_staff_here(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_staff_here(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.can_add and is_staff_here(request, Capability.CONFIGURE)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.can_change and is_staff_here(request, Capability.CONFIGURE)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.can_delete and is_staff_here(request, Capability.CONFIGURE)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Whether a lookup is one of the page's own filters, by a whole value.

        Any other lookup would let a person guess hidden columns letter by letter.
        """
        return lookup in {exact for name in self.list_filter for exact in self._exact(name)}

    def _exact(self, name: str) -> tuple[str, ...]:
        """Return the parameters that Django's own filter of a field writes into its links."""
        field: Any = self.opts.get_field(name)
        if field.is_relation:
            return (f"{name}__{field.target_field.name}__exact",)
        return (f"{name}__exact",)

    def to_field_allowed(self, request: HttpRequest, to_field: str) -> bool:
        """Whether a pop-up may return this column: only the primary key."""
        return bool(to_field == self.opts.pk.name)

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Any:
        """Return the row of a key; an empty ``from_field`` counts as not given."""
        return super().get_object(request, object_id, from_field or None)

    # -- URLs -----------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        """Return the URLs without Django's history and its redirect of old addresses."""
        return [url for url in super().get_urls() if url.name and not url.name.endswith("_history")]

    def _get_obj_does_not_exist_redirect(
        self, request: HttpRequest, opts: Any, object_id: str
    ) -> HttpResponse:
        """Raise Http404, the same for a missing object and for another tenant's."""
        raise Http404

    # -- Saving ---------------------------------------------------------------------------

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        form.refused = vars(request).get("refused")
        return form

    def formfield_for_foreignkey(
        self, db_field: Any, request: HttpRequest, **kwargs: Any
    ) -> "forms.ModelChoiceField[Any] | None":
        if db_field.remote_field.model is User:
            kwargs["queryset"] = possible_owners(cast(Request, request).tenant.pk)
        return cast(
            "forms.ModelChoiceField[Any] | None",
            super().formfield_for_foreignkey(db_field, request, **kwargs),
        )

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show or save the form; a service's refusal comes back as the form's error.

        The failed save is rolled back before the form is shown again with ``refused``.
        """
        try:
            with transaction.atomic():
                return self._changeform(request, object_id, form_url, extra_context)
        except DomainError as error:
            vars(request)["refused"] = error
            return self._changeform(request, object_id, form_url, extra_context)

    def _changeform(self, request: HttpRequest, *args: Any) -> HttpResponse:
        response = cast(HttpResponse, super().changeform_view(request, *args))
        if request.method == "POST" and response.status_code == 200:
            response.status_code = 400  # the form came back with errors
        return response

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        saved = self.write(request, obj, form, change)
        obj.pk = saved.pk

    def stored(self, request: HttpRequest, obj: Any) -> Any:
        """Return the row as it is in the database: ``obj`` carries the form's values."""
        return self.get_queryset(request).get(pk=obj.pk)

    # -- The record has the events; Django's log stays empty -------------------------------

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> None:
        """Nothing: the service wrote an event."""

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> None:
        """Nothing: the service wrote an event."""

    def log_deletions(self, request: HttpRequest, queryset: Any) -> None:
        """Nothing: the service wrote an event."""


def possible_owners(tenant_id: Any) -> models.QuerySet[User]:
    """Return the people who may own an object of the tenant: its active members."""
    return User.objects.filter(
        memberships__tenant_id=tenant_id, memberships__is_active=True, is_active=True
    ).order_by("name", "email")

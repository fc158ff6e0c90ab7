"""Forms of invitations, roles, grants and API keys."""

from collections.abc import Iterable
from typing import Any

from django import forms

from tenants import roles, roster
from tenants.models import User
from tenants.services.keys import SCOPES
from workflows.models import Workflow

CLIENT_ROLES = [(r.key, f"{r.name}: {r.description}") for r in roles.CLIENT_ROLES.values()]


class InviteForm(forms.Form):
    """Form of an invitation: address and role."""

    email = forms.EmailField(
        label="E-mail address", widget=forms.EmailInput({"autocomplete": "off"})
    )
    role = forms.ChoiceField(
        label="As", choices=CLIENT_ROLES, widget=forms.RadioSelect, initial="approver"
    )


class RoleForm(forms.Form):
    """Form of a member's new role."""

    role = forms.ChoiceField(label="Role", choices=roles.role_choices(roles.CLIENT_ROLES))


class GrantForm(forms.Form):
    """Form of a grant: a workflow in which an approver may decide."""

    workflow = forms.ChoiceField(label="Workflow")

    def __init__(self, *args: Any, workflows: Iterable[Workflow], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.workflows = {str(w.pk): w for w in workflows}
        field = self.fields["workflow"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(key, w.title) for key, w in self.workflows.items()]

    def chosen(self) -> Workflow:
        """Return the chosen workflow of a valid form."""
        return self.workflows[self.cleaned_data["workflow"]]


class StaffForm(forms.Form):
    """Form of an assignment: a member of staff who does not look after the client yet."""

    user = forms.ModelChoiceField(
        label="Assign",
        queryset=User.objects.none(),
        empty_label=None,
        widget=forms.Select({"class": "input auto"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["user"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = roster.unassigned_staff()


class KeyForm(forms.Form):
    """Form of a new API key."""

    name = forms.CharField(label="What uses it", help_text="Such as “help desk”.", max_length=80)
    scopes = forms.MultipleChoiceField(
        label="It may", choices=list(SCOPES.items()), widget=forms.CheckboxSelectMultiple
    )

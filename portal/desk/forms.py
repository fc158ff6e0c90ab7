"""Form of a new client."""

import zoneinfo
from typing import Any

from django import forms

from tenants.models import User
from tenants.models.tenant import RUNGS
from tenants.selectors import provider_staff


class NewClient(forms.Form):
    """Form of a new client: its settings, its owner's address and the assigned staff."""

    name = forms.CharField(label="Its name", max_length=80)
    slug = forms.SlugField(
        label="Its address",
        max_length=40,
        help_text="The part after /t/, such as harbor-pine. It never changes.",
        error_messages={"invalid": "Use small letters, digits and hyphens."},
    )
    timezone = forms.ChoiceField(label="Time zone", initial="UTC")
    currency = forms.CharField(label="Currency", max_length=3, initial="USD")
    locale = forms.CharField(
        label="Language and region", max_length=10, initial="en_US", help_text="Such as en_GB."
    )
    rung = forms.ChoiceField(
        label="Highest rung",
        choices=RUNGS,
        initial="execute_with_approval",
        help_text="No workflow of this client stands higher.",
    )
    owner_email = forms.EmailField(
        label="E-mail of its owner", help_text="They are invited by mail and invite the others."
    )
    staff = forms.ModelMultipleChoiceField(
        label="Who looks after it",
        queryset=User.objects.none(),
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zones, people = self.fields["timezone"], self.fields["staff"]
        assert isinstance(zones, forms.ChoiceField)
        assert isinstance(people, forms.ModelMultipleChoiceField)
        zones.choices = [(zone, zone) for zone in sorted(zoneinfo.available_timezones())]
        people.queryset = provider_staff()

"""Forms of workflows and runs."""

from typing import Any
from uuid import uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from audit.canonical import parse_json
from tenants.errors import Invalid
from tenants.models import Membership, User
from workflows.definitions import inputs

LONGEST_DEFINITION = 100_000
LONGEST_REQUEST = 200_000  # characters, blanks included


class VersionForm(forms.Form):
    """The next version of a definition. ``base`` is the version it was written from."""

    base = forms.IntegerField(widget=forms.HiddenInput, required=False)
    definition = forms.CharField(
        label="Definition",
        strip=False,
        max_length=LONGEST_DEFINITION,
        widget=forms.Textarea,  # the editor's template writes it, with what it needs
    )
    note = forms.CharField(
        label="What changes, in a sentence",
        help_text="The client reads it in the weekly report.",
        max_length=300,
        required=False,
    )

    def clean_definition(self) -> str:
        """The text with the line ends it had before a browser touched it."""
        return str(self.cleaned_data["definition"]).replace("\r\n", "\n")


class NewWorkflowForm(VersionForm):
    """The first version of a workflow, and who answers for it."""

    owner_id = forms.ChoiceField(
        label="Who owns it", help_text="The one human who answers for this lane of work."
    )

    def __init__(self, *args: Any, members: QuerySet[Membership], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.members = {str(m.user_id): m.user for m in members}
        field = self.fields["owner_id"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(key, str(user)) for key, user in self.members.items()]

    def owner(self) -> User:
        """The person who was chosen."""
        return self.members[self.cleaned_data["owner_id"]]


class ReasonForm(forms.Form):
    """A few words on why."""

    reason = forms.CharField(label="Why (optional)", max_length=300, required=False)

    def given(self) -> str:
        """The reason. Raises Invalid for one that can't be taken: it is not cut in silence."""
        if not self.is_valid():
            raise Invalid("The reason is too long: 300 characters are enough.", code="bad_reason")
        return str(self.cleaned_data["reason"])


class AgainForm(forms.Form):
    """Which step to run again from. ``key`` was made with the form."""

    step = forms.CharField(max_length=40)
    key = forms.CharField(max_length=60)


class StartForm(forms.Form):
    """A request typed by hand: a field for each that the definition reads, or JSON."""

    key = forms.CharField(widget=forms.HiddenInput, max_length=60)
    json = forms.CharField(
        label="Or the whole request as JSON",
        help_text="Where this is filled in, the fields above are not used.",
        required=False,
        max_length=LONGEST_REQUEST,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, names: list[str], **kwargs: Any) -> None:
        # A key made with the form: sent twice, it starts one run.
        kwargs.setdefault("initial", {"key": uuid4().hex})
        super().__init__(*args, **kwargs)
        self.names = {f"input_{n}": name for n, name in enumerate(names)}
        asked: dict[str, forms.Field] = {}
        for field, name in self.names.items():
            widget = forms.Textarea({"rows": 4}) if inputs.is_long(name) else forms.TextInput()
            label = name.replace("_", " ").capitalize()
            asked[field] = forms.CharField(label=label, required=False, widget=widget)
        self.fields = {**asked, **self.fields}

    def clean_json(self) -> dict[str, Any] | None:
        """A JSON object in its one spelling, or nothing."""
        text = str(self.cleaned_data["json"]).strip()
        if not text:
            return None
        try:
            value = parse_json(text)
        except Invalid as error:
            raise ValidationError(error.message) from error
        if not isinstance(value, dict):
            raise ValidationError('A request is a JSON object, such as {"message": "…"}.')
        return dict(value)

    def request(self) -> dict[str, Any]:
        """The request that was asked for."""
        given = self.cleaned_data["json"]
        if given:
            return dict(given)
        return {name: self.cleaned_data[field] for field, name in self.names.items()}

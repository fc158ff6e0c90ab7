"""Forms of workflows and runs: definitions, reasons, reruns and requests typed by hand."""

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
LONGEST_REQUEST = 200_000  # characters, whitespace included


class VersionForm(forms.Form):
    """Form of a definition's next version. ``base`` is the number of the version edited."""

    base = forms.IntegerField(widget=forms.HiddenInput, required=False)
    definition = forms.CharField(
        label="Definition",
        strip=False,
        max_length=LONGEST_DEFINITION,
        widget=forms.Textarea,  # the editor's template renders its own textarea
    )
    note = forms.CharField(
        label="What changes, in a sentence",
        help_text="The client reads it in the weekly report.",
        max_length=300,
        required=False,
    )

    def clean_definition(self) -> str:
        """Return the text with LF line ends, as it was before the browser posted CRLF."""
        return str(self.cleaned_data["definition"]).replace("\r\n", "\n")


class NewWorkflowForm(VersionForm):
    """Form of a new workflow: its first version and its owner."""

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
        """Return the person chosen as owner."""
        return self.members[self.cleaned_data["owner_id"]]


class ReasonForm(forms.Form):
    """Form of an optional reason."""

    reason = forms.CharField(label="Why (optional)", max_length=300, required=False)

    def given(self) -> str:
        """Return the reason. Raises Invalid for one that is too long, rather than cutting it."""
        if not self.is_valid():
            raise Invalid("The reason is too long: 300 characters are enough.", code="bad_reason")
        return str(self.cleaned_data["reason"])


class AgainForm(forms.Form):
    """Form of a rerun: its first step, and a ``key`` made with the form against double posts."""

    step = forms.CharField(max_length=40)
    key = forms.CharField(max_length=60)


class StartForm(forms.Form):
    """Form of a request: one field for each that the definition reads, or the whole as JSON."""

    key = forms.CharField(widget=forms.HiddenInput, max_length=60)
    json = forms.CharField(
        label="Or the whole request as JSON",
        help_text="Where this is filled in, the fields above are not used.",
        required=False,
        max_length=LONGEST_REQUEST,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, names: list[str], **kwargs: Any) -> None:
        # The key is made with the form, so that a form posted twice starts one run.
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
        """Return the JSON object in canonical form, or None where the field is empty."""
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
        """Return the request, from the JSON where there is one and else from the fields."""
        given = self.cleaned_data["json"]
        if given:
            return dict(given)
        return {name: self.cleaned_data[field] for field, name in self.names.items()}

"""Form of the routing table."""

from typing import Any

from django import forms

from tenants.errors import Invalid
from workflows.definitions.problems import DefinitionError, read_yaml
from workflows.routing.table import RoutingTable, read_table

LONGEST = 40_000


class TableForm(forms.Form):
    """Form of a routing table as YAML, with the version it was made from."""

    text = forms.CharField(
        label="The table",
        max_length=LONGEST,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 28, "class": "code", "spellcheck": "false"}),
        help_text="Deployments, then rows. The first row that fits a call decides; its models are "
        "tried in their order. The last row fits every call.",
    )
    note = forms.CharField(
        label="What changes, and why", max_length=300, required=False, help_text="Kept with it."
    )
    after = forms.IntegerField(min_value=0, widget=forms.HiddenInput)

    # Set by cleaning: the table as JSON, and as it would hold.
    value: dict[str, Any]
    table: RoutingTable

    def clean_text(self) -> str:
        """Return the text. Raises ValidationError with every problem of the table."""
        text: str = self.cleaned_data["text"]
        try:
            self.value, places = read_yaml(text)
            if places.repeated:
                raise DefinitionError(places.repeated)
            self.table = read_table(self.value)
        except DefinitionError as error:
            raise forms.ValidationError([one.sentence() for one in error.problems]) from error
        except Invalid as error:
            raise forms.ValidationError(error.message.splitlines()) from error
        return text

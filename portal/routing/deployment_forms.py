"""Form of one deployment of the routing table."""

from decimal import Decimal
from typing import Any

from django import forms
from django.core.validators import RegexValidator
from pydantic import ValidationError

from portal.routing.page import when
from workflows.routing.levels import Sensitivity, Strength
from workflows.routing.table import MOST_USED, NAME, ModelDeployment, RoutingTable

STRENGTHS = [(one.value, one.value.capitalize()) for one in Strength]
SEES = [(one.value, f"{one.value.capitalize()} data") for one in Sensitivity]
KEPT = (
    *("title", "strength", "sees", "region", "keeps_days", "price_in", "price_out", "most_in"),
    *("calls_tools", "holds_schema"),
)
ABILITIES = [("", "As the price list says"), ("yes", "Yes"), ("no", "No")]
BOTH = "Give both prices, or neither."


class DeploymentForm(forms.Form):
    """Form of a deployment, with the version of the table that it was made from."""

    name = forms.CharField(
        label="Name",
        max_length=80,
        validators=[
            RegexValidator(
                NAME,
                "Begin with a letter or a digit, and use letters, digits and . _ : @ + / - only.",
            )
        ],
        help_text="As LiteLLM knows it: the provider, a slash, the model, such as "
        "anthropic/claude-sonnet-4-5. Begin with openai/ for any server with OpenAI's protocol, "
        "with ollama/ or hosted_vllm/ for your own.",
    )
    title = forms.CharField(
        label="What people read", max_length=40, help_text="Such as “the quick model”."
    )
    strength = forms.ChoiceField(label="Strength", choices=STRENGTHS, initial="standard")
    sees = forms.ChoiceField(
        label="May see", choices=SEES, help_text="The most sensitive data that may be sent to it."
    )
    region = forms.CharField(
        label="Region",
        max_length=20,
        required=False,
        help_text="Where it runs, such as EU. Clients may allow some regions only.",
    )
    keeps_days = forms.IntegerField(
        label="Days its provider keeps prompts",
        min_value=0,
        max_value=3650,
        required=False,
        help_text="Leave it empty if you don't know.",
    )
    price_in = forms.DecimalField(
        label="Price in",
        min_value=Decimal(0),
        max_value=Decimal(10_000),
        decimal_places=6,
        required=False,
        help_text="US dollars a million tokens. Leave both prices empty to use the price list's.",
    )
    price_out = forms.DecimalField(
        label="Price out",
        min_value=Decimal(0),
        max_value=Decimal(10_000),
        decimal_places=6,
        required=False,
        help_text="US dollars a million tokens.",
    )
    most_in = forms.IntegerField(
        label="Tokens of the longest prompt",
        min_value=0,
        max_value=100_000_000,
        required=False,
        help_text="Leave it empty to use the price list's.",
    )
    calls_tools = forms.TypedChoiceField(
        label="Can call tools",
        choices=ABILITIES,
        coerce="yes".__eq__,
        empty_value=None,
        required=False,
        help_text="Agents ask only models that can. One that is not listed is taken to.",
    )
    holds_schema = forms.TypedChoiceField(
        label="Can be held to a schema",
        choices=ABILITIES,
        coerce="yes".__eq__,
        empty_value=None,
        required=False,
        help_text="Others of a row are asked before one that can't. Every answer is checked.",
    )
    is_on = forms.BooleanField(label="It may be asked", required=False, initial=True)
    rows = forms.MultipleChoiceField(
        label="Ask it last in these rows",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Where all before it fail or may not be asked. Its place is changed in the "
        "table.",
    )
    note = forms.CharField(
        label="What changes, and why", max_length=300, required=False, help_text="Kept with it."
    )
    after = forms.IntegerField(min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput)

    # Set by cleaning.
    deployment: ModelDeployment

    def __init__(self, *args: Any, table: RoutingTable | None, name: str = "", **more: Any) -> None:
        super().__init__(*args, **more)
        self.taken = {} if name or table is None else table.deployments
        self.changed_name = name
        rows = self.fields["rows"]
        assert isinstance(rows, forms.MultipleChoiceField)
        rows.choices = _rows_with_room(table, name) if table else []
        if not rows.choices:
            del self.fields["rows"]
        if name:
            del self.fields["name"]  # journaled calls have it: another name is another deployment

    @classmethod
    def of(cls, table: RoutingTable, name: str, data: Any = None) -> "DeploymentForm":
        """Return the form that changes a deployment of the table."""
        deployment = table.deployments[name]
        initial = {field: getattr(deployment, field) for field in (*KEPT, "is_on")}
        initial |= {"most_in": deployment.most_in or None, "after": table.number}
        for field in ("calls_tools", "holds_schema"):
            initial[field] = {None: "", True: "yes", False: "no"}[initial[field]]
        return cls(data, table=table, name=name, initial=initial)

    def clean_name(self) -> str:
        """Return the name. Raises ValidationError for one that is in the table already."""
        name: str = self.cleaned_data["name"]
        if name in self.taken:
            raise forms.ValidationError("There is a deployment of this name. Change that one.")
        return name

    def clean(self) -> dict[str, Any]:
        """Set the deployment. Errors of the table's own model go to their fields."""
        given = super().clean() or self.cleaned_data
        if (given.get("price_in") is None) != (given.get("price_out") is None) and not (
            {"price_in", "price_out"} & self.errors.keys()
        ):
            self.add_error("price_out" if given.get("price_out") is None else "price_in", BOTH)
        if "after" in self.errors:
            self.add_error(None, "Open this page again: it does not say what it was made from.")
        if not self.errors:
            self._set_deployment(given)
        return given

    def _set_deployment(self, given: dict[str, Any]) -> None:
        value = {name: given[name] for name in KEPT if given.get(name) is not None}
        value |= {"name": self.changed_name or given["name"], "is_on": given["is_on"]}
        try:
            self.deployment = ModelDeployment.model_validate(value)
        except ValidationError as error:
            for one in error.errors():
                place = str(one["loc"][0]) if one["loc"] else ""
                said = one["msg"].removeprefix("Value error, ")
                self.add_error(place if place in self.fields else None, said)

    def rows_chosen(self) -> list[int]:
        """Return the numbers of the chosen rows of a valid form."""
        return [int(number) for number in self.cleaned_data.get("rows", ())]


def _rows_with_room(table: RoutingTable, name: str) -> list[tuple[str, str]]:
    """Return the rows that may ask one more deployment and do not ask this one."""
    return [
        (str(number), f"{number}. {when(row)}")
        for number, row in enumerate(table.rows, 1)
        if name not in row.use and len(row.use) < MOST_USED
    ]

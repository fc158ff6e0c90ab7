"""Form of a tool that works one web page of another system."""

from typing import Any

from django import forms

from portal.tools.effect_form import EffectForm
from tenants.errors import Invalid
from tenants.models import Tenant
from workflows.browser.settings import PATH, browser_settings
from workflows.browser.step_lines import read_steps, step_sentences, with_path
from workflows.tools import browser, egress

MONO = {"class": "mono", "spellcheck": "false"}
WHOLE_PAGE = "css=body"


class BrowserForm(EffectForm):
    """Form of one page: where it begins, what is done on it, and what a person declares of it."""

    start = forms.CharField(
        label="The page it begins at",
        max_length=1000,
        help_text="As https://admin.shop.example/refunds/new. Its host, and every other one that "
        "the page needs, must be among this client’s allowed hosts.",
    )
    steps = forms.CharField(
        label="What is done there",
        widget=forms.Textarea(attrs={"rows": 8, **MONO}),
        max_length=8000,
        required=False,
        help_text="A line each. A field is found by its label, a button or link by its name, "
        "anything by css= and a selector. What stands after “with” is an argument of the call, "
        "or a secret of this client. The last line may submit.",
    )
    read = forms.CharField(
        label="What it answers",
        max_length=200,
        required=False,
        help_text="A text on the page, or css= and a selector: its visible words are the answer. "
        "Empty: all of the page.",
    )
    any_page = forms.BooleanField(
        label="A call may name another page of the same host",
        required=False,
        help_text="Of one that reads: by the argument path, as /orders/10412.",
    )
    seconds = forms.IntegerField(
        label="Longest it may take, in seconds",
        min_value=1,
        max_value=60,
        initial=30,
        required=False,
    )
    # Set by cleaning.
    declared: dict[str, Any]

    def __init__(self, *args: Any, tenant: Tenant, secrets: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.tenant, self.secrets = tenant, secrets

    def clean(self) -> dict[str, Any]:
        """Set the tool's declaration, or say what keeps it from being one."""
        given = super().clean() or self.cleaned_data
        self._check_host(given)
        if "steps" in self.errors:
            return given
        try:
            steps, schema = read_steps(given["steps"])
        except Invalid as error:
            self.add_error("steps", error.message)
            return given
        if self.errors:
            return given
        settings = self._settings(given, steps)
        self._check_settings(settings, given["effect"])
        if self.errors:
            return given
        self.declared = {
            "name": given["name"],
            "title": given["title"],
            "effect": given["effect"],
            "kind": given["kind"] or None,
            "args_schema": with_path(schema) if given["any_page"] else schema,
            "settings": settings,
            "undo_tool": given["undo"],
            "undo_args": given["undo_args"] or {},
            "phrases": {name: said for name, said in self.phrases().items() if said},
        }
        return given

    def outline(self) -> list[str]:
        """Return what a browser does with a valid form, in sentences."""
        return step_sentences(browser_settings(self.declared["settings"]))

    def given_by_call(self) -> list[str]:
        """Return the arguments that a call of a valid form gives, each with what it may be."""
        schema = self.declared["args_schema"]
        return [
            f"{name} ({_kind(shape)}{'' if name in schema['required'] else ', optional'})"
            for name, shape in schema["properties"].items()
        ]

    def _check_host(self, given: dict[str, Any]) -> None:
        if not given.get("start"):
            return
        try:
            egress.check_url(given["start"], self.tenant.allowed_hosts)
        except Invalid as error:
            self.add_error("start", error.message)

    def _settings(self, given: dict[str, Any], steps: list[dict[str, Any]]) -> dict[str, Any]:
        return {
            "start": given["start"],
            "steps": steps,
            "read": given["read"] or WHOLE_PAGE,
            "any_page": given["any_page"],
            "seconds": given["seconds"] or 30,
        }

    def _check_settings(self, settings: dict[str, Any], effect: str) -> None:
        """Say what of the steps can't be done, at the field it is about."""
        try:
            found = browser_settings(settings)
        except Invalid as error:
            about_path = settings["any_page"] and PATH in error.message
            self.add_error("any_page" if about_path else "steps", error.message)
            return
        for name in found.secrets:
            if name not in self.secrets:
                said = f"The secret {name} is not kept here. Add it first, under Credentials."
                self.add_error("steps", said)
        try:
            browser.check_effect(settings, effect)
        except Invalid as error:
            self.add_error("effect", error.message)


def _kind(shape: dict[str, Any]) -> str:
    if choices := shape.get("enum"):
        return " or ".join(choices)
    return {"boolean": "yes or no", "number": "a number"}.get(shape["type"], "a text")

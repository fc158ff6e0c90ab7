"""Form of what a person declares of a tool: nothing of it is taken from what a system says."""

from typing import Any

from django import forms

from approvals.rules.ladder import Effect, Kind
from audit.canonical import sha256
from portal.admin.fields import JsonObject

EFFECTS = [
    ("", "Choose what it does"),
    (Effect.READ.value, "It reads, and changes nothing"),
    (Effect.WRITE.value, "It changes something: a person approves each call"),
]
KINDS = [("", "Only for one that changes something"), *((one.value, one.value) for one in Kind)]


def form_prefix(key: str) -> str:
    """Return the prefix of the form about an operation or a tool, wherever it stands in a list.

    What was typed about one is never read as said of another, as when a list has changed.
    """
    return f"o{sha256(key)[:16]}"


class EffectForm(forms.Form):
    """Form of a tool's name, its effect, how it is undone, and the words on its card."""

    name = forms.RegexField(
        r"^[a-z][a-z0-9_.-]{0,59}\Z",
        label="Name",
        help_text="How definitions call it.",
        error_messages={"invalid": "Use small letters, digits, dots, _ and -."},
    )
    title = forms.CharField(label="What people read", max_length=120)
    effect = forms.ChoiceField(label="What it does", choices=EFFECTS)
    kind = forms.ChoiceField(label="Kind of change", choices=KINDS, required=False)
    undo = forms.ChoiceField(
        label="Undone by", required=False, help_text="Another that changes something."
    )
    undo_args = JsonObject(
        label="Arguments of the undo",
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2, "class": "mono", "spellcheck": "false"}),
        help_text='CEL for each, as {"id": "result.body.id"}. Empty: the same arguments.',
    )
    said_title = forms.CharField(
        label="On the card",
        max_length=200,
        required=False,
        help_text="Such as Refund {amount}. Arguments stand in braces.",
    )
    said_effect = forms.CharField(
        label="What happens then",
        max_length=200,
        required=False,
        help_text="Such as The money goes back.",
    )
    said_button = forms.CharField(label="On the button", max_length=40, required=False)

    def __init__(self, *args: Any, undos: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        undo = self.fields["undo"]
        assert isinstance(undo, forms.ChoiceField)
        undo.choices = [("", "It can't be undone"), *((key, key) for key in undos)]

    def clean(self) -> dict[str, Any]:
        """Say where effect and kind don't fit each other."""
        given = super().clean() or self.cleaned_data
        is_write = given.get("effect") == Effect.WRITE
        if is_write and not given.get("kind") and "kind" not in self.errors:
            self.add_error("kind", "Say which kind of change it is.")
        if given.get("effect") == Effect.READ:
            for name in ("kind", "undo"):
                if given.get(name):
                    self.add_error(name, "One that reads has none.")
        if given.get("undo_args") and not given.get("undo") and "undo" not in self.errors:
            self.add_error("undo", "Say which operation undoes it.")
        return given

    def phrases(self) -> dict[str, str]:
        """Return the words that a valid form declares."""
        return {name: self.cleaned_data[f"said_{name}"] for name in ("title", "effect", "button")}

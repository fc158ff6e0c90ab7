"""Form of a tool that runs one SQL statement in a client's database."""

from typing import Any

from django import forms

from portal.tools.effect_form import EffectForm
from tenants.credentials.references import REFERENCE
from tenants.errors import Invalid
from workflows.sql.arguments import argument_schema
from workflows.sql.statements import MOST_ROWS, statement_settings

MONO = {"class": "mono", "spellcheck": "false"}
KINDS_OF_DATABASE = [("postgres", "Postgres"), ("sqlite", "SQLite file kept by this deployment")]
TLS = [
    ("verify", "Encrypted, and its certificate is checked"),
    ("require", "Encrypted"),
    ("off", "Not encrypted"),
]


class StatementForm(EffectForm):
    """Form of one statement: where it runs, what it is, and what a person declares of it."""

    kind_of_database = forms.ChoiceField(label="Database", choices=KINDS_OF_DATABASE)
    database = forms.CharField(
        label="Its name",
        max_length=63,
        help_text="Of a file: the name that the deployment gives it.",
    )
    host = forms.CharField(
        label="Host",
        max_length=260,
        required=False,
        help_text="Of Postgres, as db.shop.example or db.shop.example:5433. With its port it must "
        "be among this client’s allowed hosts.",
    )
    user = forms.CharField(
        label="User",
        max_length=63,
        required=False,
        help_text="Of Postgres. Give it no more rights than the statement needs.",
    )
    secret = forms.ChoiceField(
        label="Secret that is its password",
        required=False,
        help_text="Out of this client’s secrets. No text and no page shows its value.",
    )
    tls = forms.ChoiceField(label="Connection", choices=TLS, required=False)
    statement = forms.CharField(
        label="Statement",
        widget=forms.Textarea(attrs={"rows": 6, **MONO}),
        max_length=8000,
        strip=False,
        help_text="One statement. An argument stands as %(order)s, a part of an amount as "
        "%(amount.value)s, the idempotency key as %(idempotency_key)s; a % by itself is written "
        "twice.",
    )
    arguments = forms.CharField(
        label="What its arguments are",
        widget=forms.Textarea(attrs={"rows": 3, **MONO}),
        max_length=4000,
        required=False,
        help_text="A line for each that is no text which must be given, as paid: yes or no, "
        "optional. There are text, whole number, date, yes or no, and amount.",
    )
    rows = forms.IntegerField(
        label="Rows it may answer", min_value=1, max_value=MOST_ROWS, initial=50, required=False
    )
    changes = forms.IntegerField(
        label="Rows it must change",
        min_value=1,
        max_value=1000,
        initial=1,
        required=False,
        help_text="If it would change any other number, nothing is changed.",
    )
    # Set by cleaning.
    declared: dict[str, Any]

    def __init__(self, *args: Any, secrets: list[str], undos: list[str], **kwargs: Any) -> None:
        super().__init__(*args, undos=undos, **kwargs)
        secret = self.fields["secret"]
        assert isinstance(secret, forms.ChoiceField)
        secret.choices = [("", "None"), *((name, name) for name in secrets)]

    def clean(self) -> dict[str, Any]:
        """Set the tool's declaration, or say what keeps it from being one."""
        given = super().clean() or self.cleaned_data
        self._check_database(given)
        if self.errors:
            return given
        try:
            settings = self._settings(given)
            statement_settings(settings)
        except Invalid as error:
            self.add_error(_field_of(error.message), error.message)
            return given
        try:
            schema = argument_schema(given["statement"], given["arguments"])
        except Invalid as error:
            self.add_error("arguments", error.message)
            return given
        self.declared = {
            "name": given["name"],
            "title": given["title"],
            "effect": given["effect"],
            "kind": given["kind"] or None,
            "args_schema": schema,
            "settings": settings,
            "takes_key": "%(idempotency_key)s" in given["statement"],
            "undo_tool": given["undo"],
            "undo_args": given["undo_args"] or {},
            "phrases": {name: said for name, said in self.phrases().items() if said},
        }
        return given

    def _check_database(self, given: dict[str, Any]) -> None:
        if given.get("kind_of_database") != "postgres":
            return
        for name, said in (
            ("host", "Say where it is."),
            ("user", "Say who reads it."),
            ("secret", "Choose the secret that is the password. Add it first if there is none."),
        ):
            if not given.get(name) and name not in self.errors:
                self.add_error(name, said)

    def _settings(self, given: dict[str, Any]) -> dict[str, Any]:
        database = {"kind": given["kind_of_database"], "name": given["database"]}
        if given["kind_of_database"] == "postgres":
            database |= {
                "host": given["host"],
                "user": given["user"],
                "password": f"{REFERENCE}{given['secret']}",
                "tls": given["tls"] or "verify",
            }
        counts = {name: given[name] for name in ("rows", "changes") if given.get(name)}
        return {"database": database, "statement": given["statement"]} | counts


def _field_of(problem: str) -> str:
    """Return the field that a problem of the settings is about, by its first word."""
    first = problem.partition(" ")[0].partition(".")[0]
    return first if first in ("host", "database") else "statement"

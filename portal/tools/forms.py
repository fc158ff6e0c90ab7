"""Forms of an import: the document with its access, and the declaration of one operation."""

from typing import Any

from django import forms

from approvals.rules.ladder import Effect
from portal.tools.effect_form import EffectForm
from tenants.network.addresses import parse_url
from workflows.openapi.document import read_document
from workflows.openapi.imports import ListedOperation, ToolDeclaration, suggested_name
from workflows.openapi.operations import ApiOperation, read_operations
from workflows.openapi.problems import DocumentError

LARGEST = 1_500_000  # bytes; each step carries the document, and Django takes 2 MB of a form
NO_FILE = "Give its address, choose a file, or paste the document."
TWICE = "Give the document once: its address, a file or its text."


class ImportForm(forms.Form):
    """Form of a document, how its tools are called, and where and with what they are reached."""

    api = forms.RegexField(
        r"^[a-z][a-z0-9_]{0,19}\Z",
        label="Short name",
        help_text="Its tools begin with it, as shop in shop.refund_order. The same name again "
        "compares with the tools there are.",
        error_messages={
            "invalid": "Use small letters, digits and _, 20 at most; begin with a letter."
        },
    )
    address = forms.CharField(
        label="Address of the document",
        max_length=500,
        required=False,
        help_text="OpenAPI 3.0 or 3.1, JSON or YAML, 20 MB at most. Its host must be among this "
        "client’s allowed hosts.",
    )
    file = forms.FileField(
        label="Or the document as a file",
        help_text="1.5 MB at most.",
        required=False,
    )
    document = forms.CharField(
        label="Or its text",
        widget=forms.Textarea(attrs={"rows": 8, "class": "mono", "spellcheck": "false"}),
        strip=False,
        required=False,
    )
    base = forms.CharField(
        label="Address of the server",
        max_length=300,
        required=False,
        help_text="Only where the document does not say it whole, such as https://shop.example.",
    )
    secret = forms.ChoiceField(
        label="Secret that is sent along",
        required=False,
        help_text="Out of this client's secrets. No text and no page shows its value.",
    )
    header = forms.RegexField(
        r"^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}\Z",
        label="Header that carries the secret",
        required=False,
        help_text="Empty: where the document says, else as Authorization: Bearer.",
        error_messages={"invalid": "Use letters, digits and hyphens, such as X-Api-Key."},
    )

    # Set by cleaning.
    text: str
    title: str
    operations: list[ApiOperation]

    def __init__(self, *args: Any, secrets: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        secret = self.fields["secret"]
        assert isinstance(secret, forms.ChoiceField)
        secret.choices = [("", "None"), *((name, name) for name in secrets)]

    def clean_base(self) -> str:
        """Return the server's address. Raises ValidationError for one that can't be called."""
        return _address(self.cleaned_data["base"], "https://shop.example")

    def clean_address(self) -> str:
        """Return the document's address. Raises ValidationError for one that can't be called."""
        return _address(self.cleaned_data["address"], "https://shop.example/openapi.json")

    def clean(self) -> dict[str, Any]:
        """Set the document's text and operations, or say what keeps it from being read.

        What is at an address is read later, by a worker.
        """
        given = super().clean() or self.cleaned_data
        if self.errors.keys() & {"base", "address"}:
            return given
        if given.get("address"):
            if given.get("file") or str(given.get("document", "")).strip():
                self.add_error("address", TWICE)
            return given
        name = "file" if given.get("file") else "document"
        try:
            self.text = _text(given)
            if not self.text.strip():
                self.add_error(name, NO_FILE)
                return given
            document = read_document(self.text)
            self.title = document.title
            self.operations = read_operations(document, given.get("base", ""))
        except DocumentError as error:
            self.add_error(name, error.problem.sentence())
        except UnicodeDecodeError:
            self.add_error(name, "It is no text in UTF-8. Save it as that.")
        return given


def _address(given: Any, example: str) -> str:
    address = str(given).strip()
    if address and parse_url(address) is None:
        raise forms.ValidationError(f"Write it whole, such as {example}.")
    return address


def _text(given: dict[str, Any]) -> str:
    """Return the document's text. Raises DocumentError for one that is too large."""
    file = given.get("file")
    text = str(given.get("document", ""))
    size = file.size if file else len(text.encode(errors="replace"))
    if size > LARGEST:
        raise DocumentError("too_large", "#", f"It has more than {LARGEST:,} bytes.")
    return str(file.read().decode("utf-8-sig")) if file else text


class DeclarationForm(EffectForm):
    """Form of what a person declares of one operation. Nothing of it is taken for granted."""

    idempotency_header = forms.RegexField(
        r"^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}\Z",
        label="Header of the idempotency key",
        required=False,
        help_text="Where the system does a thing once however often its key comes. Otherwise "
        "leave it empty.",
        error_messages={"invalid": "Use letters, digits and hyphens, such as Idempotency-Key."},
    )

    def __init__(self, *args: Any, line: ListedOperation, undos: list[str], **kwargs: Any) -> None:
        others = [key for key in undos if key != line.operation.key]
        super().__init__(*args, undos=others, **kwargs)
        self.line = line

    def declaration(self) -> ToolDeclaration:
        """Return what a valid form declares."""
        given = self.cleaned_data
        return ToolDeclaration(
            operation=self.line.operation,
            name=given["name"],
            title=given["title"],
            effect=given["effect"],
            kind=given["kind"],
            idempotency_header=given["idempotency_header"],
            undo=given["undo"],
            undo_args=given["undo_args"],
            phrases=self.phrases(),
        )


def initial_declaration(line: ListedOperation, api: str, tools: dict[str, str]) -> dict[str, Any]:
    """Return what the form of an operation begins with: its tool's declaration, or suggestions.

    ``tools`` are the keys of operations by the names of their tools.
    """
    operation, tool = line.operation, line.tool
    if tool is None:
        return {
            "name": suggested_name(api, operation),
            "title": (operation.summary or operation.key)[:120],
            "effect": Effect.READ.value if operation.method == "GET" else "",
            "idempotency_header": operation.idempotency_header,
            "undo_args": {},
        }
    said = {f"said_{name}": tool.phrases.get(name, "") for name in ("title", "effect", "button")}
    return said | {
        "name": tool.name,
        "title": tool.title,
        "effect": tool.effect,
        "kind": tool.kind or "",
        "idempotency_header": tool.settings.get("idempotency_header", ""),
        "undo": tools.get(tool.undo_tool, ""),
        "undo_args": tool.undo_args,
    }

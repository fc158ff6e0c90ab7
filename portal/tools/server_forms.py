"""Forms of MCP servers: where one is, and the declaration of a tool that it offers."""

import json
from typing import Any

from django import forms

from approvals.rules.ladder import Effect
from portal.tools.effect_form import EffectForm
from workflows.mcp.servers import CHANGEABLE
from workflows.mcp.turning_on import (
    OfferDeclaration,
    OfferedLine,
    args_schema_of,
    suggested_tool_name,
)
from workflows.models import McpServer


class ServerForm(forms.Form):
    """Form of a server: its place, and the secret that goes along. No secret's value is in it."""

    name = forms.RegexField(
        r"^[a-z][a-z0-9_]{0,19}\Z",
        label="Short name",
        help_text="Its tools begin with it, as shop in shop.refund_order.",
        error_messages={
            "invalid": "Use small letters, digits and _, 20 at most; begin with a letter."
        },
    )
    title = forms.CharField(label="What people read", max_length=120)
    address = forms.CharField(
        label="Address",
        max_length=500,
        required=False,
        help_text="Such as https://tools.example/mcp. Its host must be among this client's allowed "
        "hosts.",
    )
    command = forms.ChoiceField(
        label="Or a command of this deployment",
        required=False,
        help_text="Whoever runs this deployment says which there are.",
    )
    secret = forms.ChoiceField(
        label="Secret that is sent along",
        required=False,
        help_text="Out of this client's secrets. No text and no page shows its value.",
    )
    carrier = forms.CharField(
        label="Header or variable that carries it",
        max_length=100,
        required=False,
        help_text="Empty: Authorization: Bearer. A command gets it in a variable, such as API_KEY.",
    )

    def __init__(self, *args: Any, secrets: list[str], commands: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, found in (("secret", secrets), ("command", commands)):
            choice = self.fields[name]
            assert isinstance(choice, forms.ChoiceField)
            choice.choices = [("", "None"), *((one, one) for one in found)]

    @classmethod
    def of(cls, server: McpServer, data: Any = None, **lists: list[str]) -> "ServerForm":
        """Return the form that changes a server: all but its name."""
        initial = {name: getattr(server, name) for name in CHANGEABLE}
        # What is gone from the lists stays a choice, or the form could not be saved without it.
        lists = {
            "secrets": sorted({*lists["secrets"], server.secret} - {""}),
            "commands": sorted({*lists["commands"], server.command} - {""}),
        }
        form = cls(data, initial=initial, **lists)
        del form.fields["name"]
        return form


class OfferedToolForm(EffectForm):
    """Form of what a person declares of one offered tool. What its server says is a hint."""

    asks_outside = forms.BooleanField(
        label="What it is asked leaves the client's own systems",
        required=False,
        help_text="For one that reads, as a search on the web does.",
    )

    def __init__(self, *args: Any, line: OfferedLine, undos: list[str], **kwargs: Any) -> None:
        others = [name for name in undos if name != line.offered.name]
        super().__init__(*args, undos=others, **kwargs)
        self.line = line

    @property
    def arguments(self) -> str:
        """Return the schema of its arguments as JSON, which a model reads with all its words."""
        return json.dumps(args_schema_of(self.line.offered), indent=2, ensure_ascii=False)

    def declaration(self) -> OfferDeclaration:
        """Return what a valid form declares."""
        given = self.cleaned_data
        return OfferDeclaration(
            offered=self.line.offered,
            name=given["name"],
            title=given["title"],
            effect=given["effect"],
            kind=given["kind"],
            asks_outside=given["asks_outside"],
            undo=given["undo"],
            undo_args=given["undo_args"],
            phrases=self.phrases(),
        )


def initial_offered(line: OfferedLine, server: str, tools: dict[str, str]) -> dict[str, Any]:
    """Return what the form of an offered tool begins with: its tool's declaration, or suggestions.

    ``tools`` are the server's names of its tools by the names of the tools. No effect is suggested.
    """
    offered, tool = line.offered, line.tool
    if tool is None:
        hints = offered.annotations or {}
        return {
            "name": suggested_tool_name(server, offered),
            "title": (offered.title or str(hints.get("title") or "") or offered.name)[:120],
            "asks_outside": bool(hints.get("openWorldHint", True)),
            "undo_args": {},
        }
    said = {f"said_{name}": tool.phrases.get(name, "") for name in ("title", "effect", "button")}
    is_read = tool.effect == Effect.READ
    return said | {
        "name": tool.name,
        "title": tool.title,
        "effect": tool.effect,
        "kind": tool.kind or "",
        "asks_outside": tool.asks_outside if is_read else False,
        "undo": tools.get(tool.undo_tool, ""),
        "undo_args": tool.undo_args,
    }

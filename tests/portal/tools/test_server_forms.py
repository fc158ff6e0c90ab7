"""What the form of an offered tool begins with: words of the server, and no effect."""

from typing import Any

from portal.tools.server_forms import OfferedToolForm, ServerForm, initial_offered
from tenants.ids import uuid7
from workflows.mcp.offers import OfferedTool
from workflows.mcp.turning_on import OfferedLine
from workflows.models import McpServer


def offered(**more: Any) -> OfferedLine:
    return OfferedLine(OfferedTool("refundOrder", **more))


def test_no_effect_is_suggested_whatever_the_server_claims() -> None:
    found = initial_offered(offered(annotations={"readOnlyHint": True}), "shop", {})
    assert "effect" not in found
    assert found["name"] == "shop.refund_order"
    assert found["asks_outside"] is True
    found = initial_offered(offered(annotations={"openWorldHint": False, "title": "R"}), "s", {})
    assert (found["asks_outside"], found["title"]) == (False, "R")


def test_a_write_has_a_kind_and_a_read_has_no_undo() -> None:
    given = {"name": "shop.x", "title": "X", "effect": "write", "undo_args": "{}"}
    form = OfferedToolForm(given, line=offered(), undos=["back", "refundOrder"])
    assert form.errors["kind"] == ["Say which kind of change it is."]
    given |= {"effect": "read", "undo": "back"}
    form = OfferedToolForm(given, line=offered(), undos=["back"])
    assert form.errors["undo"] == ["One that reads has none."]
    given |= {"effect": "write", "kind": "edit"}
    form = OfferedToolForm(given, line=offered(), undos=["back"])
    assert form.is_valid()
    assert form.declaration().undo == "back"


def test_what_is_gone_from_the_lists_stays_a_choice() -> None:
    server = McpServer(
        tenant_id=uuid7(), name="x", title="X", command="old", secret="gone", carrier="KEY"
    )
    form = ServerForm.of(server, secrets=["other"], commands=[])
    assert "name" not in form.fields
    assert ("gone", "gone") in form.fields["secret"].choices  # type: ignore[attr-defined]
    assert ("old", "old") in form.fields["command"].choices  # type: ignore[attr-defined]

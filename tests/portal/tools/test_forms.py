"""Forms of an import: what they begin with, and what they make of what was typed."""

from uuid import uuid4

from approvals.models import Tool
from portal.tools.effect_form import form_prefix
from portal.tools.forms import DeclarationForm, ImportForm, initial_declaration
from tests.portal.tools.import_kit import CANCEL, FIND, REFUND, declared, document, field_of
from tests.workflows.openapi.shop_document import SHOP, operations_of
from workflows.openapi.imports import ListedOperation

FOUND = operations_of(SHOP)


def line(key: str, tool: Tool | None = None) -> ListedOperation:
    return ListedOperation(FOUND[key], tool)


def test_a_document_is_read_as_it_was_pasted() -> None:
    text = "  openapi: 3.0.0\n  info: {title: T}\n  servers: [{url: 'https://a.example'}]\n"
    text += "  paths: {/a: {get: {responses: {}}}}\n"
    form = ImportForm(document(text), secrets=["shop-key"])
    assert form.is_valid(), form.errors
    assert (form.text, form.title) == (text, "T")
    assert [one.key for one in form.operations] == ["GET /a"]


def test_an_operation_that_gets_suggests_that_it_reads_and_others_suggest_nothing() -> None:
    assert initial_declaration(line(FIND), "shop", {})["effect"] == "read"
    refund = initial_declaration(line(REFUND), "shop", {})
    assert refund["effect"] == initial_declaration(line(CANCEL), "shop", {})["effect"] == ""
    assert (refund["name"], refund["title"]) == ("shop.refund_order", "Refund an order")
    assert refund["idempotency_header"] == "Idempotency-Key"


def test_a_tool_there_is_begins_with_its_own_declaration() -> None:
    tool = Tool(
        tenant_id=uuid4(),
        name="shop.r",
        title="R",
        effect="write",
        kind="refund",
        undo_tool="shop.c",
        undo_args={"id": "args.id"},
        phrases={"button": "Pay"},
        settings={"idempotency_header": "X-Once"},
    )
    found = initial_declaration(line(REFUND, tool), "shop", {"shop.c": CANCEL})
    assert (found["kind"], found["undo"], found["said_button"]) == ("refund", CANCEL, "Pay")
    assert (found["idempotency_header"], found["undo_args"]) == ("X-Once", {"id": "args.id"})


def test_an_operation_is_not_undone_by_itself() -> None:
    form = DeclarationForm(line=line(REFUND), undos=[REFUND, CANCEL], prefix=form_prefix(REFUND))
    assert [key for key, _ in form.fields["undo"].choices] == ["", CANCEL]  # type: ignore[attr-defined]


def test_a_valid_form_is_a_declaration() -> None:
    data = declared(REFUND) | {
        field_of(REFUND, "undo"): CANCEL,
        field_of(REFUND, "said_effect"): "Money goes back.",
    }
    form = DeclarationForm(data, line=line(REFUND), undos=[CANCEL], prefix=form_prefix(REFUND))
    assert form.is_valid(), form.errors
    found = form.declaration()
    assert (found.effect, found.kind, found.undo, found.undo_args) == (
        *("write", "refund", CANCEL),
        {},
    )
    assert found.phrases == {"title": "", "effect": "Money goes back.", "button": ""}

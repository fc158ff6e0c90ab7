"""What the pages of an import show of a document."""

import pytest

from portal.tools.effect_form import form_prefix
from portal.tools.forms import ImportForm
from portal.tools.page import access_of, chosen_lines, declaration_forms, import_page
from tenants.scope import tenant_scope
from tests.portal.tools.import_kit import CANCEL, FIND, LIST, document
from tests.workflows.openapi.shop_document import shop_document
from tests.world import make_world

pytestmark = pytest.mark.django_db


def form() -> ImportForm:
    wrong = shop_document()
    wrong["paths"]["/orders"]["post"] = {"requestBody": {}}
    made = ImportForm(document(wrong, secret="k", header="X-Key"), secrets=["k"])
    assert made.is_valid(), made.errors
    return made


def test_operations_that_can_not_be_called_stand_apart_and_are_never_chosen() -> None:
    tenant = make_world().harbor.tenant
    with tenant_scope(tenant.pk):
        page = import_page(form(), tenant)
        assert [line.operation.key for line in page.unusable] == ["POST /orders"]
        found = chosen_lines(page, [CANCEL, "POST /orders", "GET /none", LIST, LIST])
        assert [line.operation.key for line in found] == [LIST, CANCEL]
        forms = declaration_forms(page, found)
        assert [one.prefix for one in forms] == [form_prefix(LIST), form_prefix(CANCEL)]
        offered = [[key for key, _ in one.fields["undo"].choices] for one in forms]  # type: ignore[attr-defined]
        assert offered == [["", CANCEL], ["", LIST]]
        assert FIND in [line.operation.key for line in page.lines]


def test_the_hosts_are_shown_with_whether_they_are_allowed() -> None:
    tenant = make_world().harbor.tenant
    with tenant_scope(tenant.pk):
        tenant.allowed_hosts = []
        assert import_page(form(), tenant).hosts == [("shop.example", False)]
        tenant.allowed_hosts = ["SHOP.example"]
        assert import_page(form(), tenant).hosts == [("shop.example", True)]


def test_the_access_is_what_the_form_says() -> None:
    found = access_of(form())
    assert (found.api, found.secret, found.header) == ("shopapi", "k", "X-Key")

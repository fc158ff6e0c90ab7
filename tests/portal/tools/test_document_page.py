"""What the page of a document at an address shows."""

import pytest

from portal.tools.document_page import (
    access_to,
    chosen_operations,
    document_page,
    is_as_read,
)
from tenants import clock
from tenants.scope import tenant_scope
from tests.portal.tools.import_kit import CANCEL, FIND, LIST
from tests.workflows.openapi.shop_document import operations_of, shop_document
from tests.world import make_world
from workflows.models import ImportedDocument, ImportedOperation
from workflows.openapi.fetched import key_hash

pytestmark = pytest.mark.django_db


def kept() -> ImportedDocument:
    document = ImportedDocument.objects.create(
        api="shop", address="https://a.example/x", secret="k", header="X-Key", read_at=clock.now()
    )
    wrong = shop_document()
    wrong["paths"]["/orders"]["post"] = {"requestBody": {}}
    for number, one in enumerate(operations_of(wrong).values()):
        ImportedOperation.objects.create(
            document=document,
            number=number,
            key_hash=key_hash(one.key),
            words=f"{one.key} {one.summary}",
            is_usable=not one.problems,
            value=one.as_json(),
        )
    return document


def test_what_is_looked_for_is_shown_and_what_can_not_be_called_stands_apart() -> None:
    tenant = make_world().harbor.tenant
    with tenant_scope(tenant.pk):
        document = kept()
        found = document_page(document, "", tenant)
        assert (found.matching, found.is_cut) == (5, False)
        assert [line.operation.key for line in found.listed.unusable] == ["POST /orders"]
        assert found.listed.hosts == [("shop.example", False)]
        one = document_page(document, " REFUNDS/ ", tenant)
        assert [line.operation.key for line in one.listed.lines] == [CANCEL]


def test_only_what_can_be_called_is_chosen_in_the_documents_order() -> None:
    tenant = make_world().harbor.tenant
    with tenant_scope(tenant.pk):
        found = chosen_operations(kept(), [CANCEL, "POST /orders", "GET /x", LIST, FIND], tenant)
        assert [line.operation.key for line in found.lines] == [LIST, FIND, CANCEL]


def test_the_access_is_the_documents_and_a_stamp_is_of_one_reading() -> None:
    tenant = make_world().harbor.tenant
    with tenant_scope(tenant.pk):
        document = kept()
        found = access_to(document)
        assert (found.api, found.secret, found.header) == ("shop", "k", "X-Key")
        stamp = document_page(document, "", tenant).stamp
        assert is_as_read(document, stamp)
        assert not is_as_read(document, "")
        document.read_at = None
        assert not is_as_read(document, "")
        document.read_at = clock.now()
        assert not is_as_read(document, stamp)

"""Page of a document at an address: how far its reading is, and the operations that are shown."""

from dataclasses import dataclass

from portal.tools.page import ImportPage
from tenants.models import Tenant
from workflows.models import ImportedDocument, ImportedOperation
from workflows.openapi.fetched import key_hash
from workflows.openapi.imports import ApiAccess, Comparison, compare_operations, tools_of_api
from workflows.openapi.operations import ApiOperation

SHOWN = 100  # operations at a time
LONGEST_WANTED = 100  # characters


@dataclass(frozen=True, slots=True)
class DocumentPage:
    """Page of a document: ``listed`` of the ``matching`` operations, those that hold ``wanted``."""

    document: ImportedDocument
    listed: ImportPage
    wanted: str
    matching: int

    @property
    def stamp(self) -> str:
        """What tells this reading of the document from another."""
        return document_stamp(self.document)

    @property
    def is_cut(self) -> bool:
        """Whether more operations match than are shown."""
        return self.matching > SHOWN


def document_stamp(document: ImportedDocument) -> str:
    """Return what tells this reading of a document from another; empty before the first."""
    return document.read_at.isoformat() if document.read_at else ""


def document_page(document: ImportedDocument, wanted: str, tenant: Tenant) -> DocumentPage:
    """Return the page of a document, with the first operations that hold what is wanted."""
    wanted = wanted.strip().replace("\x00", "")[:LONGEST_WANTED]
    rows = ImportedOperation.objects.filter(document=document)
    found = rows.filter(words__icontains=wanted) if wanted else rows
    shown = [_operation(row) for row in found.order_by("number")[:SHOWN]]
    kept = set(rows.values_list("key_hash", flat=True))
    tools = tools_of_api(document.api)
    gone = [tool for key, tool in tools.items() if document.read_at and key_hash(key) not in kept]
    compared = Comparison(compare_operations(shown, document.api).lines, gone)
    listed = ImportPage(document.title, document.api, compared, tenant.allowed_hosts)
    return DocumentPage(document, listed, wanted, found.count())


def chosen_operations(document: ImportedDocument, keys: list[str], tenant: Tenant) -> ImportPage:
    """Return the page of the chosen operations alone, in the document's order."""
    rows = ImportedOperation.objects.filter(
        document=document, key_hash__in=[key_hash(key) for key in keys], is_usable=True
    )
    chosen = [_operation(row) for row in rows.order_by("number")]
    compared = compare_operations(chosen, document.api)
    return ImportPage(document.title, document.api, compared, tenant.allowed_hosts)


def access_to(document: ImportedDocument) -> ApiAccess:
    """Return how the tools of a document reach their system."""
    return ApiAccess(document.api, document.secret, document.header)


def is_as_read(document: ImportedDocument, stamp: str) -> bool:
    """Whether a document is the one that was read when ``stamp`` was shown."""
    return bool(stamp) and document_stamp(document) == stamp


def _operation(row: ImportedOperation) -> ApiOperation:
    return ApiOperation.from_json(row.value)

"""OpenAPI documents at an address: a worker fetches one, and keeps its operations."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import QuerySet

from audit import outbox
from audit.worker import schedule
from tenants import access, clock
from tenants.actors import Actor
from tenants.db.lookup import get_or_not_found
from tenants.errors import Conflict, DomainError
from tenants.models import Tenant
from tenants.roles import Capability
from tenants.scope import current_tenant_id
from workflows.models import ImportedDocument, ImportedOperation
from workflows.openapi.operations import ApiOperation
from workflows.openapi.reader import ReadDocument, read_in_child
from workflows.tools import ToolFailed, ToolInDoubt, egress

TOPIC = "document.read"
KEPT_FOR = timedelta(days=30)
MOST_DOCUMENTS = 50  # of one client
SECONDS = 60.0  # of fetching
LARGEST_BYTES = 20 << 20
LONGEST_PROBLEM = 600  # characters
LONGEST_WORDS = 1000  # characters that an operation is found by
INSERTED_AT_ONCE = 200
LOST = "It could not be kept. Read it again, and look at the log if that fails too."


@dataclass(frozen=True, slots=True)
class DocumentPlace:
    """Place of a document, and how the tools of its API reach their system."""

    api: str
    address: str
    base: str = ""
    secret: str = ""
    header: str = ""


def register() -> None:
    """Register the handler of documents."""
    outbox.register(TOPIC, outbox.FunctionHandler(read_due_document, note_read_failure))


def documents() -> QuerySet[ImportedDocument]:
    """Return the documents that are kept, by the short names of their APIs."""
    return ImportedDocument.objects.order_by("api")


def get_document(api: str) -> ImportedDocument:
    """Return the document of an API. Raises NotFound."""
    return get_or_not_found(documents(), "document", api=api)


def fetch_document(place: DocumentPlace, *, actor: Actor) -> ImportedDocument:
    """Request that a document is read, in place of the former one of its API, and return it.

    Nothing is changed but what can be chosen; nothing can be until then where it is at another
    place than before. Raises Invalid for a host that is not allowed,
    Conflict where too many documents are kept.
    """
    access.require(actor, Capability.CONFIGURE)
    tenant = Tenant.objects.get(pk=current_tenant_id())
    egress.check_url(place.address, tenant.allowed_hosts)
    others = ImportedDocument.objects.exclude(api=place.api)
    if others.count() >= MOST_DOCUMENTS:
        said = f"{MOST_DOCUMENTS} documents are kept already; each goes 30 days after it was read."
        raise Conflict(said, code="too_many")
    now = clock.now()
    former = ImportedDocument.objects.select_for_update().filter(api=place.api).first()
    if former is not None and _place_of(former) != place:
        # Else a secret for this place could be declared for operations of the former one.
        _forget(former)
    document, _ = ImportedDocument.objects.update_or_create(
        api=place.api,
        defaults={
            "address": place.address,
            "base": place.base,
            "secret": place.secret,
            "header": place.header,
            "reading_since": now,
        },
    )
    schedule.set_due(TOPIC, document.pk, now)
    return document


def read_again(document: ImportedDocument, *, actor: Actor) -> None:
    """Request that a document is read once more. Raises as ``fetch_document`` does."""
    fetch_document(_place_of(document), actor=actor)


def _place_of(document: ImportedDocument) -> DocumentPlace:
    names = ("api", "address", "base", "secret", "header")
    return DocumentPlace(*(getattr(document, name) for name in names))


def _forget(document: ImportedDocument) -> None:
    """Delete what was read of a document."""
    ImportedOperation.objects.filter(document=document).delete()
    document.read_at, document.title, document.problem = None, "", ""
    document.save()


def read_due_document(claim: outbox.Claim) -> outbox.Job | outbox.Postpone | None:
    """Handler of ``document.read``: return the job that reads a document, or delete an old one."""
    document = ImportedDocument.objects.filter(pk=claim.object_id).first()
    if document is None:
        return None
    if document.reading_since is None:
        ImportedOperation.objects.filter(document=document).delete()
        document.delete()
        return None
    try:
        tenant = Tenant.objects.get(pk=current_tenant_id())
        egress.check_url(document.address, tenant.allowed_hosts)
    except DomainError as error:
        _store(document, ReadDocument(problem=error.message))
        return outbox.Postpone(KEPT_FOR)
    return ReadJob(claim, document.pk, document.reading_since, document.address, document.base)


@dataclass(frozen=True, slots=True)
class ReadJob:
    """Job of reading one document. ``since`` tells the request for it from a later one."""

    claim: outbox.Claim
    document_id: UUID
    since: datetime
    address: str
    base: str

    async def perform(self) -> ReadDocument:
        """Fetch the document and return what it holds, or why that is not known."""
        try:
            answer = await egress.send_request(
                "GET",
                self.address,
                headers={"Accept": "application/json, application/yaml, */*"},
                timeout=SECONDS,
                largest=LARGEST_BYTES,
            )
        except (ToolFailed, ToolInDoubt) as error:
            return ReadDocument(problem=str(error))
        if problem := _answer_problem(answer):
            return ReadDocument(problem=problem)
        try:
            text = answer.body.decode("utf-8-sig")
        except UnicodeDecodeError:
            return ReadDocument(problem="It is no text in UTF-8.")
        return await read_in_child(text, base=self.base, location=self.address)

    def store_result(self, outcome: object) -> None:
        """Store what the document holds, unless it was requested anew meanwhile."""
        rows = ImportedDocument.objects.select_for_update()
        document = rows.filter(pk=self.document_id, reading_since=self.since).first()
        if document is None:
            # The row of this job is completed by now, also where the later request had set it due.
            schedule.set_due(TOPIC, self.document_id, clock.now())
            return
        found = outcome if isinstance(outcome, ReadDocument) else ReadDocument(problem=LOST)
        _store(document, found)


def _answer_problem(answer: egress.HttpAnswer) -> str:
    """Return why an answer is no document; empty where it may be one."""
    if answer.leads_to:
        return f"It leads to {answer.leads_to[:300]}. If that is right, give that address."
    if answer.status != 200:
        return f"Its server answered {answer.status}."
    return answer.lost


def _store(document: ImportedDocument, found: ReadDocument) -> None:
    """Store what was read, in place of the operations of before; or only why nothing was."""
    document.reading_since, document.problem = None, found.problem[:LONGEST_PROBLEM]
    if not found.problem:
        document.read_at, document.title = clock.now(), found.title
        ImportedOperation.objects.filter(document=document).delete()
        rows = [_row(document, number, one) for number, one in enumerate(found.operations)]
        ImportedOperation.objects.bulk_create(rows, batch_size=INSERTED_AT_ONCE)
    document.save()
    schedule.set_due(TOPIC, document.pk, clock.now() + KEPT_FOR)


def _row(document: ImportedDocument, number: int, one: ApiOperation) -> ImportedOperation:
    words = f"{one.key} {one.operation_id} {one.summary}"
    return ImportedOperation(
        document=document,
        number=number,
        key_hash=key_hash(one.key),
        words=words[:LONGEST_WORDS],
        is_usable=not one.problems,
        value=one.as_json(),
    )


def key_hash(key: str) -> str:
    """Return the hash that an operation is found by, as a path may be of any length."""
    return hashlib.sha256(key.encode()).hexdigest()


def note_read_failure(claim: outbox.Claim, error: str) -> None:
    """Store that a document could not be kept, after it failed again and again."""
    document = ImportedDocument.objects.filter(pk=claim.object_id).first()
    if document is not None:
        _store(document, ReadDocument(problem=LOST))

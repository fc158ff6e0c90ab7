"""Models of OpenAPI documents that a worker reads: one for each API, and its operations."""

from typing import ClassVar

from django.db import models

from tenants import clock
from tenants.db.packed_json import PackedJSONField
from tenants.models import TenantForeignKey, TenantModel


class ImportedDocument(TenantModel):
    """OpenAPI document at an address, with how the tools of its API reach their system.

    ``title`` and the operations are those of the last time it was read. ``problem`` is why it could
    not be, ``reading_since`` set while a worker reads it. Nothing of it can be called.
    """

    api = models.CharField(max_length=20)
    address = models.CharField(max_length=500)
    base = models.CharField(max_length=300, blank=True)
    secret = models.CharField(max_length=60, blank=True)
    header = models.CharField(max_length=100, blank=True)
    reading_since = models.DateTimeField(null=True, default=clock.now)
    read_at = models.DateTimeField(null=True)
    title = models.CharField(max_length=120, blank=True)
    problem = models.CharField(max_length=600, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "api"], name="one_document_an_api"),
        ]

    def __str__(self) -> str:
        return self.title or self.api


class ImportedOperation(TenantModel):
    """Operation of a document, as ``workflows.openapi.operations`` reads it.

    ``number`` is its place there, ``key_hash`` of its method and path; ``words`` are searched.
    """

    document = TenantForeignKey(ImportedDocument, related_name="operations", db_index=False)
    number = models.PositiveSmallIntegerField()
    key_hash = models.CharField(max_length=64)
    words = models.TextField()
    is_usable = models.BooleanField()
    value = PackedJSONField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["tenant", "document", "number"], name="one_operation_a_number"
            ),
        ]

    def __str__(self) -> str:
        return self.words[:80]

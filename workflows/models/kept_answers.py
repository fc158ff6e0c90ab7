"""Model of kept answers: what a model answered, to be used again for the same question."""

from typing import ClassVar

from django.db import models

from tenants.db.packed_json import PackedJSONField
from tenants.models import TenantModel


class KeptAnswer(TenantModel):
    """Answer of a model that is used again for the same question, until it expires.

    ``key`` is the hash of all that makes a question the same; ``call_id`` is the call it came from.
    """

    key = models.CharField(max_length=64)
    call_id = models.UUIDField()
    response = PackedJSONField()
    expires_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "key"], name="one_kept_answer_a_question"),
        ]
        indexes: ClassVar = [models.Index(fields=["tenant", "expires_at"], name="kept_answer_end")]

    def __str__(self) -> str:
        return self.key[:12]

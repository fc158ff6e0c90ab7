"""Model of pictures: what a tool saw while it made a call."""

from typing import ClassVar

from django.db import models

from tenants import clock
from tenants.models import TenantForeignKey, TenantModel
from workflows.models.runs import Call


class CallPicture(TenantModel):
    """Picture of a page that a tool worked, as JPEG, kept beside the call it belongs to.

    ``is_before``: it shows a filled form before it was sent, otherwise what was there at the end.
    """

    call = TenantForeignKey(Call, related_name="pictures", db_index=False)
    is_before = models.BooleanField(default=False)
    content = models.BinaryField(editable=False)
    made_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["tenant", "call"], name="picture_of_call")]

    def __str__(self) -> str:
        return f"Picture {'before' if self.is_before else 'after'} the call"

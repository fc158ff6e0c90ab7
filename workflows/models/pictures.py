"""Models of pictures: what a tool saw while it made a call, or before anyone approved one."""

from typing import ClassVar

from django.db import models

from approvals.models import Proposal
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


class FormPreview(TenantModel):
    """Form of a proposed action, filled in and not sent, for the people who decide.

    ``form`` is that of ``workflows.browser.forms``, without secrets; null where the form could not
    be filled, which ``problem`` says why. ``content`` is its picture as JPEG, empty for none.
    """

    proposal = TenantForeignKey(Proposal, related_name="+", db_index=False)
    form = models.JSONField(null=True)
    content = models.BinaryField(editable=False, default=b"")
    problem = models.CharField(max_length=400, blank=True)
    made_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "proposal"], name="one_preview_of_a_proposal")
        ]

    @property
    def has_picture(self) -> bool:
        """Whether there is a picture, where ``selectors.previews_of`` read it."""
        return bool(vars(self)["is_pictured"])

    def __str__(self) -> str:
        return "Form before it is approved"

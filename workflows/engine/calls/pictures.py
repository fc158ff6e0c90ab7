"""Pictures of calls: what a tool saw is kept beside its call, whatever the outcome."""

from collections.abc import Iterable

from workflows.models import Call, CallPicture
from workflows.tools import ToolPicture


def keep_pictures(call: Call, pictures: Iterable[ToolPicture]) -> None:
    """Store the pictures of a call, in the transaction that stores its answer."""
    rows = [
        CallPicture(call=call, is_before=one.is_before, content=one.content) for one in pictures
    ]
    CallPicture.objects.bulk_create(rows)

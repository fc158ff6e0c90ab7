"""Content negotiation of the API: a view with one renderer always answers with it."""

from collections.abc import Iterable
from typing import Any

from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request


class OneRenderer(DefaultContentNegotiation):
    """Negotiation that reads what a client accepts only where a view has a choice.

    RFC 9110, section 12.4.1: a server may answer in a format that the client did not name.
    """

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> Any:
        """Return the renderer of the answer and its media type."""
        given = list(renderers)
        if len(given) == 1:
            return given[0], given[0].media_type
        return super().select_renderer(request, given, format_suffix)

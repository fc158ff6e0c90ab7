"""The id of the current request, for events and logs."""

from contextvars import ContextVar

request_id: ContextVar[str] = ContextVar("handrail_request_id", default="")

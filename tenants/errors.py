"""The one family of errors. The edge maps it to HTTP once (RFC 9457)."""

from typing import Any


class DomainError(Exception):
    """Something a caller may do wrong, with a sentence that says what to do next.

    ``code`` is stable and machine-readable, ``status`` is the HTTP status the
    edge answers with, ``data`` holds JSON-ready details.
    """

    code = "error"
    status = 400

    def __init__(self, message: str, *, code: str | None = None, **data: Any) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or type(self).code
        self.data = data


class Invalid(DomainError):
    """The input can't be used as it is."""

    code = "invalid"
    status = 400


class NotFound(DomainError):
    """Missing, or another tenant's: the caller can't tell which."""

    code = "not_found"
    status = 404


class Forbidden(DomainError):
    """The actor is known and may not do this."""

    code = "forbidden"
    status = 403


class Conflict(DomainError):
    """The thing changed, was decided already, or is in a state that refuses this."""

    code = "conflict"
    status = 409


class Refused(Conflict):
    """The gate said no: ladder, never-rule, kill switch, permit or freshness."""

    code = "refused"


class TooLarge(DomainError):
    """More was sent than is read."""

    code = "too_large"
    status = 413


class ScopeMissing(RuntimeError):
    """Tenant data was touched without a scope. A bug, so not a DomainError."""

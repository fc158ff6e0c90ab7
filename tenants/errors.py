"""The errors of the domain, one family. ``portal`` maps them to HTTP once (RFC 9457)."""

from typing import Any, Self


class DomainError(Exception):
    """An error a caller can cause, with a sentence that says what to do next.

    ``code`` is stable and machine-readable, ``status`` is the HTTP status of the response, ``data``
    holds JSON-ready details.
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
    """The object is missing or another tenant's: the caller can't tell which."""

    code = "not_found"
    status = 404

    @classmethod
    def of(cls, thing: str) -> Self:
        """Return the error about a missing ``thing``, such as "item"."""
        return cls(f"There is no such {thing}.")


class Forbidden(DomainError):
    """The actor is known and lacks the right to do this."""

    code = "forbidden"
    status = 403


class Conflict(DomainError):
    """The object changed, was decided already, or is in a state that does not allow this."""

    code = "conflict"
    status = 409


class Refused(Conflict):
    """The gate refused: ladder, never-rule, kill switch, permit or freshness."""

    code = "refused"


class TooLarge(DomainError):
    """The request is larger than the limit."""

    code = "too_large"
    status = 413


class ScopeMissing(RuntimeError):
    """Tenant data was used without a scope. A bug in the code, so no DomainError."""

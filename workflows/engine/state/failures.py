"""Failures of steps: an error becomes a sentence with a cause; its details go to the log."""

import logging

import psycopg
from django.db import Error

from audit import outbox
from tenants.errors import DomainError
from workflows.exceptions import causes
from workflows.exceptions.causes import Cause, CausedProblem

log = logging.getLogger(__name__)

LONGEST_DETAILS = 300  # characters of technical words that are kept
UNFORESEEN = (
    "It failed in a way that was not foreseen. The provider's staff find the details in their log."
)

PARKED = (
    f"It failed {outbox.PARK_AFTER} times and was parked. The provider's staff find the details "
    "in their log."
)


def problem_from_error(error: Exception, what: object) -> CausedProblem:
    """Return the problem that people read about an error; ``what`` names the place in the log.

    Raises the error again where it is the database's.
    """
    if isinstance(error, DomainError):
        return problem_of_refusal(error)
    if isinstance(error, Error | psycopg.Error):
        # It says nothing of the step, and the worker tries the outbox row again.
        raise error
    log.error("%s failed", what, exc_info=error)
    return CausedProblem(
        UNFORESEEN, Cause.CODE, details=f"{type(error).__name__}: {error}"[:LONGEST_DETAILS]
    )


def problem_of_refusal(error: DomainError) -> CausedProblem:
    """Return the problem of a ``DomainError``: its sentence, and the cause of its code."""
    field = str(error.data.get("field", ""))
    return CausedProblem(error.message, causes.of_code(error.code), field)

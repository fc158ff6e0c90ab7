"""A failure of a step becomes a sentence for people; its technical words go to the log."""

import logging

import psycopg
from django.db import Error

from audit import outbox
from tenants.errors import DomainError
from workflows.exceptions import causes
from workflows.exceptions.causes import Cause, CausedProblem

log = logging.getLogger(__name__)

MOST = 300  # characters of technical words that are kept
UNFORESEEN = (
    "It failed in a way that was not foreseen. The provider's staff find the details in their log."
)

PARKED = (
    f"It failed {outbox.PARK_AFTER} times and was parked. The provider's staff find the details "
    "in their log."
)


def problem_from_error(error: Exception, what: object) -> CausedProblem:
    """What people are told of an error; ``what`` says in the log where it was.

    An error of the database is raised on: it says nothing of the step, and the row that is
    being done is tried again.
    """
    if isinstance(error, DomainError):
        return problem_of_refusal(error)
    if isinstance(error, Error | psycopg.Error):
        raise error
    log.error("%s failed", what, exc_info=error)
    return CausedProblem(UNFORESEEN, Cause.CODE, details=f"{type(error).__name__}: {error}"[:MOST])


def problem_of_refusal(error: DomainError) -> CausedProblem:
    """The sentence of an error of ours, with the cause behind its code."""
    field = str(error.data.get("field", ""))
    return CausedProblem(error.message, causes.of_code(error.code), field)

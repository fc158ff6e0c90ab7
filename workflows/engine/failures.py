"""A failure of a step becomes a sentence for people; its technical words go to the log."""

import logging

import psycopg
from django.db import Error

from tenants.errors import DomainError

log = logging.getLogger(__name__)

UNFORESEEN = (
    "It failed in a way that was not foreseen. The provider's staff find the details in their log."
)


def in_words(error: Exception, what: object) -> str:
    """What people are told of an error; ``what`` says in the log where it was.

    An error of the database is raised on: it says nothing of the step, and the row that is
    being done is tried again.
    """
    if isinstance(error, DomainError):
        return error.message
    if isinstance(error, Error | psycopg.Error):
        raise error
    log.error("%s failed", what, exc_info=error)
    return UNFORESEEN

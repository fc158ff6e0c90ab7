"""Failures of model calls that were answered, but not with a completion. Pure."""

from workflows.gateway.answers import ErrorAnswered, UnreadableAnswer
from workflows.gateway.completion import ModelFailed, is_transient_status, journal_text
from workflows.gateway.failure_kinds import kind_of_status

READ = 200  # HTTP status of an answer that is no completion


def failure_of_error(error: ErrorAnswered, said: str, wait: float = 0) -> ModelFailed:
    """Return the failure of an answer that is an error, though its HTTP status is not one."""
    status = error.http_status
    retryable = status is not None and is_transient_status(status)
    return ModelFailed(
        journal_text(said),
        retryable=retryable,
        kind=kind_of_status(status, retryable),
        http_status=status,
        wait=wait,
        may_cost=error.may_cost,
    )


def failure_of_unreadable(error: UnreadableAnswer) -> ModelFailed:
    """Return the failure of an answer that can't be read: another try helps where it broke off."""
    return ModelFailed(
        journal_text(str(error)), retryable=error.is_half, http_status=READ, may_cost=True
    )

"""Transient database errors (lost connection, deadlock) are recognised, and writes are retried."""

import time
from collections.abc import Callable

from django.db import Error, InterfaceError, OperationalError

# Seconds between two tries; they add up to one minute.
PAUSES = (0.1, 0.4, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0)

_CONNECTION, _SHUTDOWN = "08", "57P"  # classes of SQLSTATE
_LOST_RACES = ("40001", "40P01")


def is_connection_lost(error: BaseException) -> bool:
    """Return whether the error is a lost connection, which is no fault of the statement."""
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    state = _state(error)
    return state is None or state.startswith((_CONNECTION, _SHUTDOWN))


def is_transient(error: BaseException) -> bool:
    """Return whether the same statement may succeed in a second try soon."""
    return is_connection_lost(error) or _state(error) in _LOST_RACES


def _state(error: BaseException) -> str | None:
    """Return the SQLSTATE of Postgres; None for an error of the client (a lost connection)."""
    return getattr(error.__cause__, "sqlstate", None)


def retry_write[T](write: Callable[[], T], error: Error) -> T:
    """Retry ``write`` after each of PAUSES while its error is transient; raise the last error."""
    for pause in PAUSES:
        time.sleep(pause)
        try:
            return write()
        except Error as raised:
            if not is_transient(raised):
                raise
            error = raised
    raise error

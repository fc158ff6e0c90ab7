"""Errors of the moment: the database went away, or broke a deadlock. Trying again helps."""

import time
from collections.abc import Callable

from django.db import Error, InterfaceError, OperationalError

# Seconds between tries to write what is known already: a minute together.
PAUSES = (0.1, 0.4, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0)

_CONNECTION, _SHUTDOWN = "08", "57P"  # classes of SQLSTATE
_LOST_RACES = ("40001", "40P01")


def is_connection_lost(error: BaseException) -> bool:
    """Whether the database could not be reached, so that nothing is wrong with the work."""
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    state = _state(error)
    return state is None or state.startswith((_CONNECTION, _SHUTDOWN))


def is_transient(error: BaseException) -> bool:
    """Whether the same may well succeed in a moment."""
    return is_connection_lost(error) or _state(error) in _LOST_RACES


def _state(error: BaseException) -> str | None:
    """Postgres' code; None where the error is the client's, as for a lost connection."""
    return getattr(error.__cause__, "sqlstate", None)


def retry_write[T](write: Callable[[], T], error: Error) -> T:
    """Call ``write`` again and again while its error is of the moment; raise the last one."""
    for pause in PAUSES:
        time.sleep(pause)
        try:
            return write()
        except Error as raised:
            if not is_transient(raised):
                raise
            error = raised
    raise error

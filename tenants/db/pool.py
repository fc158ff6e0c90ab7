"""Idle connections of the pool are checked for a server that closed them, as after a restart.

No Django is imported here, because the settings import this module.
"""

import select
from typing import Any

import psycopg

# A new connection is tried so long. Then the next caller begins again without the pauses between
# tries, which have grown meanwhile.
RECONNECT_SECONDS = 10


def alive(connection: "psycopg.Connection[Any]") -> None:
    """Raise OperationalError where the server has closed this idle connection.

    No round trip is needed: the server says so when it goes away, and the socket is readable. The
    pool's other connections were closed with it, so all are replaced.
    """
    socket = select.poll()
    socket.register(connection.fileno(), select.POLLIN)
    try:
        while socket.poll(0):
            connection.pgconn.consume_input()
    except psycopg.Error:
        pool = getattr(connection, "_pool", None)
        if pool is not None:
            pool.drain()
        raise

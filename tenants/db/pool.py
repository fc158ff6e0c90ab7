"""Connections in the pool that died while they lay there, as after a restart of Postgres.

Pure of Django: the settings name it.
"""

import select
from typing import Any

import psycopg

# A new connection is tried so long; then whoever needs one next begins anew, without
# the pauses that have grown meanwhile.
RECONNECT_SECONDS = 10


def alive(connection: "psycopg.Connection[Any]") -> None:
    """Raise OperationalError where the server has closed this idle connection.

    No round trip: a server that goes away says so, and the socket can be read. All of the
    pool's connections died with it, so they are replaced together.
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

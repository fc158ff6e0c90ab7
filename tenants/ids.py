"""Ids are version 7 UUIDs, which sort by their time, so that indexes grow at one end."""

import os
import threading
import time
from datetime import datetime
from uuid import UUID

from tenants import clock

_lock = threading.Lock()
_last = [0, 0]  # millisecond, count inside it


def uuid7() -> UUID:
    """Return a version 7 UUID (RFC 9562, section 5.7) from the time of ``tenants.clock``.

    Ids of one process in one millisecond count up (section 6.2, method 1), so that events of one
    act sort in the order they were written.
    """
    when = clock.moved()
    millis = time.time_ns() // 1_000_000 if when is None else int(when.timestamp() * 1000)
    with _lock:
        _last[:] = [millis, _last[1] + 1 if millis == _last[0] else 0]
        count = _last[1] & 0xFFFF_FFFF
    value = (millis & ((1 << 48) - 1)) << 80 | 0x7 << 76 | (count >> 20) << 64
    value |= 0x2 << 62 | (count & 0xF_FFFF) << 42 | int.from_bytes(os.urandom(6)) >> 6
    return UUID(int=value)


def first_id(when: datetime) -> UUID:
    """Return the lowest id a row made at ``when`` can have: version 7 ids begin with the time."""
    return UUID(int=int(when.timestamp() * 1000) << 80)

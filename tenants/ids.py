"""Identifiers that sort by the moment they were made, so indexes grow at one end."""

import os
import time
from uuid import UUID

from tenants import clock


def uuid7() -> UUID:
    """A version 7 UUID (RFC 9562, section 5.7) from the clock seam."""
    moment = clock.moved()
    millis = time.time_ns() // 1_000_000 if moment is None else int(moment.timestamp() * 1000)
    value = (millis & ((1 << 48) - 1)) << 80 | int.from_bytes(os.urandom(10))
    value = value & ~(0xF000 << 64) | (0x7000 << 64)
    value = value & ~(0xC000 << 48) | (0x8000 << 48)
    return UUID(int=value)

"""Work counted in instructions of Python: the same in each run and on each machine."""

import sys
import threading
from collections.abc import Callable
from types import CodeType
from typing import Any

import pytest

same_python = pytest.mark.skipif(
    sys.version_info[:2] != (3, 13), reason="Another Python has other instructions."
)


def instructions(work: Callable[[], Any]) -> int:
    """Return how many instructions of Python this thread runs for ``work``."""
    tool, events, count, here = 4, sys.monitoring.events, 0, threading.get_ident()

    def one(code: CodeType, offset: int) -> None:
        nonlocal count
        count += threading.get_ident() == here

    sys.monitoring.use_tool_id(tool, "costs")
    sys.monitoring.register_callback(tool, events.INSTRUCTION, one)
    sys.monitoring.set_events(tool, events.INSTRUCTION)
    try:
        work()
    finally:
        sys.monitoring.set_events(tool, 0)
        sys.monitoring.free_tool_id(tool)
    return count

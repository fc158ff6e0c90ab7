"""How far a reader has come, for people who wait for a long file.

A reader calls ``tell``; who runs it sets ``listener`` to hear it.
"""

from collections.abc import Callable

_listeners: list[Callable[[int, int], None]] = []


def listen(listener: Callable[[int, int], None]) -> None:
    """Call ``listener(done, total)`` for all that is told in this process."""
    _listeners.append(listener)


def tell(done: int, total: int) -> None:
    """Tell how many of how many parts of a file were read."""
    for listener in _listeners:
        listener(done, total)

"""When a failed call is made again. Pure: the luck is handed in."""

from datetime import timedelta

from workflows.definitions.on_failure import Retry


def worth(retry: Retry, kind: str, attempt: int) -> bool:
    """Whether a call that failed so, at this attempt (from 1), is made once more."""
    return kind in retry.on and attempt < retry.attempts


def retry_delay(retry: Retry, attempt: int, luck: float, asked: float = 0) -> timedelta:
    """How long to wait after this attempt (from 1). ``luck`` lies between 0 and 1.

    Where the other side ``asked`` for more seconds, it is left alone for so long.
    """
    whole = min(retry.wait * retry.factor ** (attempt - 1), retry.most)
    return timedelta(seconds=max(whole * (1 - retry.jitter * luck), asked))

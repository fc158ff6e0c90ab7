"""Retries of a failed call: whether one is made, and after what pause. Pure."""

from datetime import timedelta

from workflows.definitions.on_failure import Retry


def should_retry(retry: Retry, kind: str, attempt: int) -> bool:
    """Whether a call whose try ``attempt`` (from 1) failed in this way is tried once more."""
    return kind in retry.on and attempt < retry.attempts


def retry_delay(retry: Retry, attempt: int, chance: float, at_least: float = 0) -> timedelta:
    """Return the pause after try ``attempt`` (from 1): exponential backoff with jitter.

    ``chance`` is a random number from 0 to 1, handed in so that the function is pure. The pause
    is never below ``at_least`` seconds, which the other side asked for.
    """
    # Jitter spreads retries of calls that failed at one time, so that they don't come back at once.
    whole = min(retry.wait * retry.factor ** (attempt - 1), retry.most)
    return timedelta(seconds=max(whole * (1 - retry.jitter * chance), at_least))

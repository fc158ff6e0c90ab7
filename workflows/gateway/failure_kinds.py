"""Kinds of failure of a model call: timeout, rate_limited, unavailable or refused. Pure."""

RATE_LIMITED = (425, 429)


def failure_kind(error: Exception, retryable: bool) -> str:
    """Return the kind of an error of LiteLLM; refused where it is not ``retryable``."""
    if isinstance(error, TimeoutError) or "Timeout" in type(error).__name__:
        return "timeout"
    return kind_of_status(getattr(error, "status_code", None), retryable)


def kind_of_status(status: int | None, retryable: bool) -> str:
    """Return the kind of a failure from the answer's HTTP status; refused if not ``retryable``."""
    if status == 408:
        return "timeout"
    if status in RATE_LIMITED:
        return "rate_limited"
    return "unavailable" if retryable else "refused"

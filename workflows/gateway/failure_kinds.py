"""Which kind of failure an error of a model's provider is. Pure."""

RATE_LIMITED = (425, 429)


def failure_kind(error: Exception, again: bool) -> str:
    """timeout, rate_limited, unavailable, or refused where trying ``again`` is no use."""
    if isinstance(error, TimeoutError) or "Timeout" in type(error).__name__:
        return "timeout"
    return kind_of_status(getattr(error, "status_code", None), again)


def kind_of_status(status: int | None, again: bool) -> str:
    """Like ``kind_of``, from the HTTP status of the answer."""
    if status == 408:
        return "timeout"
    if status in RATE_LIMITED:
        return "rate_limited"
    return "unavailable" if again else "refused"

"""Which kind of failure an error of a model's provider is. Pure."""

RATE_LIMITED = (425, 429)


def kind_of(error: Exception, again: bool) -> str:
    """timeout, rate_limited, unavailable, or refused where trying ``again`` is no use."""
    status = getattr(error, "status_code", None)
    if status == 408 or isinstance(error, TimeoutError) or "Timeout" in type(error).__name__:
        return "timeout"
    if status in RATE_LIMITED:
        return "rate_limited"
    return "unavailable" if again else "refused"

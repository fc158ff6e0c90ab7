"""http: a request to an allowed host, its arguments as the JSON body.

Settings: ``url``, ``method`` (POST), ``headers`` (values may be ``secret:name``).
The idempotency key goes along as ``Idempotency-Key``.
"""

from typing import Any

from tenants.models import Tenant
from tenants.services.keys import reveal_secret
from workflows.tools import Errand, ToolFailed, ToolInDoubt, egress

NAME = "http"
SECRET = "secret:"  # noqa: S105 - how a setting refers to a secret


def resolve(settings: dict[str, Any], tenant: Tenant) -> dict[str, Any]:
    """Settings with secrets in place. Raises Invalid for a host that is not allowed."""
    egress.check_url(settings["url"], tenant.allowed_hosts)
    headers = {
        name: reveal_secret(value.removeprefix(SECRET)) if value.startswith(SECRET) else value
        for name, value in settings.get("headers", {}).items()
    }
    return {"url": settings["url"], "method": settings.get("method", "POST"), "headers": headers}


async def carry_out(errand: Errand) -> dict[str, Any]:
    """Make the request. A 4xx answer means it was refused, a 5xx that nobody knows."""
    headers = errand.settings["headers"] | {"Idempotency-Key": errand.key}
    status, body = await egress.send(
        errand.settings["method"],
        errand.settings["url"],
        headers=headers,
        json=errand.args,
        timeout=errand.timeout,
    )
    if status in (409, 425, 429, 503):
        kind = "unavailable" if status == 503 else "rate_limited"
        raise ToolFailed(f"It answered {status}, try later.", again=True, kind=kind)
    if status >= 500:
        raise ToolInDoubt(f"It answered {status}.")
    if status >= 300:
        raise ToolFailed(f"It refused with {status}: {str(body)[:300]}")
    return {"status": status, "body": body}

"""http: a request to an allowed host, its arguments as the JSON body.

Settings: ``url``, ``method`` (POST), ``headers`` (values may be ``secret:name``).
The idempotency key goes along as ``Idempotency-Key``.
"""

from typing import Any

from tenants.errors import Invalid
from tenants.models import Tenant
from tenants.services.keys import reveal_secret
from workflows.tools import Errand, ToolFailed, ToolInDoubt, egress

NAME = "http"
SECRET = "secret:"  # noqa: S105 - how a setting refers to a secret


def check(
    settings: dict[str, Any], args: dict[str, Any], tenant: Tenant, secrets: frozenset[str]
) -> None:
    """Raise Invalid for a host that is not allowed, and for a secret that is not there."""
    egress.check_url(settings["url"], tenant.allowed_hosts)
    for value in settings.get("headers", {}).values():
        if value.startswith(SECRET) and value.removeprefix(SECRET) not in secrets:
            raise Invalid(
                f"The secret {value.removeprefix(SECRET)} is not kept here. Add it first.",
                code="no_secret",
            )


def resolve(settings: dict[str, Any], tenant: Tenant) -> dict[str, Any]:
    """Settings with secrets in place."""
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

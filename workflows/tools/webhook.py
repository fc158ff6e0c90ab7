"""Tool adapter ``webhook``: a signed message to an allowed host (Standard Webhooks 1.0).

Settings: ``url``; ``type``, the event's name, as ``order.settled``; and ``secrets``, one
``secret:name`` or two, each the base64 that the specification has. While a secret is exchanged,
its former value signs too. The message's id is the idempotency key, the same at every try.
"""

import json
import re
from typing import Any

from standardwebhooks import Webhook

from tenants import clock
from tenants.credentials.former_values import note_former_use
from tenants.credentials.references import REFERENCE
from tenants.errors import Invalid
from tenants.models import Tenant
from tenants.services.keys import reveal_for_call
from tenants.text.credentials import hidden_values
from workflows.tools import ToolFailed, ToolRequest, answers, egress

NAME = "webhook"
TYPE = re.compile(r"[A-Za-z0-9_]+(\.[A-Za-z0-9_]+){0,9}")
KNOWN = {"url", "type", "secrets"}
MOST_SECRETS = 2
LARGEST = 20 * 1024  # bytes of a message, as the specification advises


def check_settings(settings: dict[str, Any]) -> None:
    """Raise Invalid for settings with which no message can be sent."""
    if unknown := sorted(settings.keys() - KNOWN):
        raise Invalid(f"A webhook has no {unknown[0][:60]}.", code="bad_settings")
    if not isinstance(settings.get("url"), str):
        raise Invalid("url is an http or https address.", code="bad_url")
    kind = settings.get("type")
    if not isinstance(kind, str) or len(kind) > 100 or not TYPE.fullmatch(kind):
        raise Invalid("type is words with dots, such as order.settled.", code="bad_settings")
    secrets = settings.get("secrets")
    if (
        not isinstance(secrets, list)
        or not 1 <= len(secrets) <= MOST_SECRETS
        or not all(isinstance(one, str) and one.startswith(REFERENCE) for one in secrets)
    ):
        said = "secrets is a list of one secret:name, or of two."
        raise Invalid(said, code="bad_settings")


def check(
    settings: dict[str, Any], args: dict[str, Any], tenant: Tenant, secrets: frozenset[str]
) -> None:
    """Raise Invalid for a host that is not allowed, a missing secret or a message too large."""
    check_settings(settings)
    egress.check_url(settings["url"], tenant.allowed_hosts)
    for name in _names(settings):
        if name not in secrets:
            raise Invalid(f"The secret {name} is not kept here. Add it first.", code="no_secret")
    if len(json.dumps(args).encode()) > LARGEST:
        raise Invalid("A message has 20 kB at most. Send less with it.", code="too_large")


def _names(settings: dict[str, Any]) -> list[str]:
    return [one.removeprefix(REFERENCE) for one in settings["secrets"]]


def resolve(settings: dict[str, Any], tenant: Tenant) -> dict[str, Any]:
    """Return a tool's settings with the secrets. Raises Invalid for one that signs nothing."""
    found = [reveal_for_call(name, "") for name in _names(settings)]
    for one in found:
        try:
            for value in one.values:
                Webhook(value)
        except Exception as error:  # broken base64, or nothing in it
            said = f"The secret {one.name} can't sign: it is no base64, as whsec_MfKQ9r8GKYqr has."
            raise Invalid(said, code="empty_secret") from error
    note_former_use(one.name for one in found if one.former)
    values = [value for one in found for value in one.values]
    return settings | {"secrets": values, "hidden": hidden_values(values)}


async def carry_out(request: ToolRequest) -> dict[str, Any]:
    """Send the message and return the status and body of the answer.

    Raises ToolFailed where the other side surely did not take it, ToolInDoubt where it may have.
    """
    settings, now = request.settings, clock.now()
    message = {"type": settings["type"], "timestamp": now.isoformat(), "data": request.args}
    try:
        body = json.dumps(message, ensure_ascii=False, allow_nan=False)
        data = body.encode()
    except ValueError as error:  # half a character, or a number JSON has not
        raise ToolFailed(f"This can't be sent: {str(error)[:200]}") from error
    signed = [Webhook(one).sign(request.key, now, body) for one in settings["secrets"]]
    answer = await egress.send_request(
        "POST",
        settings["url"],
        headers={
            "Content-Type": "application/json",
            "webhook-id": request.key,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": " ".join(signed),
        },
        body=data,
        timeout=request.timeout,
    )
    hidden = settings["hidden"]
    said = answers.body_without_credentials(answer, hidden)
    if not answers.says_done(request, answer):
        raise answers.failure_of(request, answer, said, hidden)
    return answers.answer_result(answer, said)

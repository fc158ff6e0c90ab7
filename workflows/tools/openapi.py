"""Tool adapter ``openapi``: an operation of an OpenAPI document, each argument in its place.

Its settings are ``workflows.openapi.settings.OperationSettings``, which an import of a document
makes. The idempotency key goes along in the header ``idempotency_header`` where there is one.
"""

import asyncio
import json
from typing import Any
from urllib.parse import quote

from approvals.rules import schema_validation
from tenants.credentials.references import REFERENCE
from tenants.errors import Invalid
from tenants.models import Tenant
from tenants.services.keys import RevealedSecret, reveal_for_call
from tenants.text.credentials import hidden_values, without_credentials
from workflows.exceptions import causes
from workflows.exceptions.causes import Cause
from workflows.openapi.request_parts import RequestParts, request_parts, with_cookie, with_query
from workflows.openapi.settings import OperationSettings, operation_settings
from workflows.tools import ToolFailed, ToolInDoubt, ToolRequest, answers, egress

NAME = "openapi"
BEARER = "Bearer "
UNAUTHORIZED = 401


def check_settings(settings: dict[str, Any]) -> None:
    """Raise Invalid for settings with which no call can be made, whatever its arguments."""
    operation_settings(settings)


def token_address(settings: dict[str, Any]) -> str:
    """Return the address that a tool's credential goes to; its path may have names in braces."""
    return operation_settings(settings).url


def check(
    settings: dict[str, Any], args: dict[str, Any], tenant: Tenant, secrets: frozenset[str]
) -> None:
    """Raise Invalid for a host that is not allowed, a missing secret or a misplaced argument."""
    found = operation_settings(settings)
    egress.check_url(found.url, tenant.allowed_hosts)
    if found.credential and (name := _secret_of(found)) not in secrets:
        raise Invalid(f"The secret {name} is not kept here. Add it first.", code="no_secret")
    request_parts(found, args)


def _secret_of(settings: OperationSettings) -> str:
    return settings.credential.secret.removeprefix(REFERENCE) if settings.credential else ""


def resolve(settings: dict[str, Any], tenant: Tenant) -> dict[str, Any]:
    """Return a tool's settings with the secret of its credential, and what may not be repeated."""
    found = operation_settings(settings)
    name = _secret_of(found)
    secret = reveal_for_call(name, found.url) if name else RevealedSecret()
    return {
        "operation": settings,
        "is_connected": secret.is_connected,
        "credential": secret.value,
        "former": {"credential": secret.former, "names": [name]} if secret.former else {},
        "hidden": hidden_values(
            text for value in secret.values for text in (value, quote(value, safe=""))
        ),
    }


async def carry_out(request: ToolRequest) -> dict[str, Any]:
    """Make the request and return the status and body of its answer.

    Raises ToolFailed where the other side surely did not act, ToolInDoubt where it may have.
    """
    settings = operation_settings(request.settings["operation"])
    hidden = request.settings["hidden"]
    try:
        parts = request_parts(settings, request.args)
    except Invalid as error:
        raise ToolFailed(error.message, cause=Cause.DATA) from error
    answer = await _send(request, settings, parts, request.settings["credential"])
    former = request.settings.get("former")
    # Whoever answers 401 did nothing, so that the call may be made with the former secret.
    if answer.status == UNAUTHORIZED and former:
        request.formers.extend(former["names"])
        answer = await _send(request, settings, parts, former["credential"])
    body = answers.body_without_credentials(answer, hidden)
    if not answers.says_done(request, answer):
        raise answers.failure_of(request, answer, body, hidden)
    # In a thread, because a large answer would block the other calls on the event loop.
    misfit = await asyncio.to_thread(_misfit, settings, answer, body)
    if misfit:
        raise _misfit_failure(request, answer, without_credentials(misfit, hidden))
    return answers.answer_result(answer, body)


async def _send(
    request: ToolRequest, settings: OperationSettings, parts: RequestParts, credential: str
) -> egress.HttpAnswer:
    try:
        url, headers = _with_credential(settings, parts, credential)
    except Invalid as error:
        raise ToolFailed(error.message, cause=causes.of_code(error.code)) from error
    if settings.idempotency_header:
        headers[settings.idempotency_header] = request.key
    return await egress.send_request(
        settings.method,
        url,
        headers=headers,
        body=parts.body,
        timeout=request.timeout,
        is_encoded=True,
    )


def _with_credential(
    settings: OperationSettings, parts: RequestParts, value: str
) -> tuple[str, dict[str, str]]:
    """Return the URL and the headers of a request with its credential."""
    credential, headers = settings.credential, dict(parts.headers)
    if credential is None:
        return parts.url, headers
    if credential.in_ == "query":
        return with_query(parts.url, credential.name, value), headers
    if credential.in_ == "cookie":
        return parts.url, with_cookie(headers, credential.name, value)
    if credential.in_ == "bearer":
        bearer = value if value.startswith(BEARER) else f"{BEARER}{value}"
        return parts.url, headers | {"Authorization": bearer}
    return parts.url, headers | {credential.name: value}


def _misfit(settings: OperationSettings, answer: egress.HttpAnswer, body: Any) -> str:
    """Return why a body is not what the document says; empty where it is, or says nothing."""
    status = str(answer.status)
    described = settings.answers
    named = next((one for one in (status, f"{status[0]}XX", "default") if one in described), None)
    if named is None or answer.lost:
        return ""
    is_json = True
    try:
        # As it came: a kept body has numbers as text where no float has them exactly.
        value = json.loads(answer.body)
    except (ValueError, RecursionError):
        value, is_json = body, False
    try:
        found = next(schema_validation.errors(described[named], value), None)
    except Invalid as error:
        return error.message
    if found is None:
        return ""
    if not is_json:
        return "Its body is no JSON."
    where = ".".join(str(part) for part in found.absolute_path) or "its body"
    return f"{where[:200]}: {found.message}"


def _misfit_failure(
    request: ToolRequest, answer: egress.HttpAnswer, misfit: str
) -> ToolFailed | ToolInDoubt:
    """Return the failure of an answer that is not as the document says.

    Its status says that it was done; but a page of a proxy says so, too.
    """
    told = f"It answered {answer.status}, but not as its description says. {misfit}"
    if request.acts:
        return ToolInDoubt(f"{told} Whether it was done, only the other side can say.")
    return ToolFailed(told, cause=Cause.TOOL)

"""Tool adapter ``http``: a request to an allowed host, with the arguments as its JSON body.

Settings: ``url``, ``method`` (POST), ``headers`` (values may be ``secret:name``) and
``done_if``, CEL over ``result`` (its ``status`` and ``body``) that is true where the other
side did it; without it every 2xx answer means that it did. The idempotency key goes along as
``Idempotency-Key``.
"""

import asyncio
import re
from typing import Any

from approvals.rules import expressions
from tenants.credentials.references import REFERENCE
from tenants.errors import Invalid
from tenants.models import Tenant
from tenants.services.keys import RevealedSecret, reveal_for_call
from tenants.text.credentials import hidden_values
from workflows.tools import ToolFailed, ToolInDoubt, ToolRequest, answers, bodies, egress

NAME = "http"
METHOD = re.compile(r"[A-Za-z]{1,20}")
KEY = "Idempotency-Key"
BEARER = "Bearer "
UNAUTHORIZED = 401
RESERVED = {"connection", "content-length", "transfer-encoding"}  # they frame the request


def check_settings(settings: dict[str, Any]) -> None:
    """Raise Invalid for settings with which no call can be made, whatever its arguments."""
    headers = settings.get("headers", {})
    if not isinstance(headers, dict):
        raise Invalid("headers is an object: a name and a text each.", code="bad_header")
    egress.check_headers(headers)
    if taken := [name for name in headers if name.lower() in RESERVED]:
        raise Invalid(f"{taken[0]} is set for each request. Leave it out.", code="bad_header")
    method = settings.get("method", "POST")
    if not isinstance(method, str) or not METHOD.fullmatch(method):
        raise Invalid("method is one word, such as POST.", code="bad_method")
    _check_done_if(settings)


def token_address(settings: dict[str, Any]) -> str:
    """Return the address that the secrets of a tool's headers go to."""
    return str(settings.get("url", ""))


def _check_done_if(settings: dict[str, Any]) -> None:
    """Raise Invalid for a wrong ``done_if``, which would fail only after the call was made."""
    done_if = settings.get("done_if", "")
    if not isinstance(done_if, str):
        raise Invalid(
            "done_if is a CEL expression over result, as in result.body.ok.", code="bad_done_if"
        )
    if done_if:
        expressions.check(done_if, names={"result"})


def check(
    settings: dict[str, Any], args: dict[str, Any], tenant: Tenant, secrets: frozenset[str]
) -> None:
    """Raise Invalid for a host that is not allowed, a missing secret or a wrong ``done_if``."""
    egress.check_url(settings["url"], tenant.allowed_hosts)
    for value in settings.get("headers", {}).values():
        if value.startswith(REFERENCE) and value.removeprefix(REFERENCE) not in secrets:
            raise Invalid(
                f"The secret {value.removeprefix(REFERENCE)} is not kept here. Add it first.",
                code="no_secret",
            )
    _check_done_if(settings)


def resolve(settings: dict[str, Any], tenant: Tenant) -> dict[str, Any]:
    """Return a tool's settings with the secrets filled into the headers."""
    url, given = settings["url"], settings.get("headers", {})
    secrets = {
        name: reveal_for_call(value.removeprefix(REFERENCE), url)
        for name, value in given.items()
        if value.startswith(REFERENCE)
    }
    headers = given | {name: _header_value(name, one) for name, one in secrets.items()}
    formers = {name: one.former for name, one in secrets.items() if one.former}
    return {
        "url": url,
        "is_connected": any(one.is_connected for one in secrets.values()),
        "method": settings.get("method", "POST"),
        "headers": headers,
        "done_if": settings.get("done_if", ""),
        "former": {
            "headers": formers,
            "names": [secrets[name].name for name in formers],
        },
        "hidden": hidden_values(text for one in secrets.values() for text in one.values),
    }


def _header_value(name: str, secret: RevealedSecret) -> str:
    """Return the value of a header that carries a secret; the token of a connection as bearer."""
    is_bearer = secret.is_connected and name.lower() == "authorization"
    return f"{BEARER if is_bearer else ''}{secret.value}"


async def carry_out(request: ToolRequest) -> dict[str, Any]:
    """Make the request and return the status and body of its answer.

    Raises ToolFailed where the other side surely did not act, ToolInDoubt where it may have.
    """
    answer = await _send(request, request.settings["headers"])
    former = request.settings.get("former") or {}
    # Whoever answers 401 did nothing, so that the call may be made with the former secret.
    if answer.status == UNAUTHORIZED and former.get("headers"):
        request.formers.extend(former["names"])
        answer = await _send(request, request.settings["headers"] | former["headers"])
    hidden = request.settings.get("hidden", [])
    body = answers.body_without_credentials(answer, hidden)
    if not answers.says_done(request, answer):
        raise answers.failure_of(request, answer, body, hidden)
    result = answers.answer_result(answer, body)
    if done_if := request.settings.get("done_if"):
        # In a thread, because a long evaluation would block the other calls on the event loop.
        await asyncio.to_thread(_check_done, done_if, result)
    return result


async def _send(request: ToolRequest, given: dict[str, str]) -> egress.HttpAnswer:
    # A key in the tool's settings would be the same for all calls.
    headers = {name: given[name] for name in given if name.lower() != KEY.lower()}
    return await egress.send_request(
        request.settings["method"],
        request.settings["url"],
        headers=headers | {KEY: request.key},
        json=request.args,
        timeout=request.timeout,
    )


def _check_done(done_if: str, result: dict[str, Any]) -> None:
    """Raise ToolFailed or ToolInDoubt unless ``done_if`` says that the other side acted."""
    status = result["status"]
    try:
        found = expressions.evaluate(done_if, {"result": result})
    except Invalid as error:
        said = f"It answered {status}, and done_if can't tell what that means. {error.message}"
        raise ToolInDoubt(said) from error
    if found is True:
        return
    said = bodies.error_words(result["body"])
    if found is not False:
        raise ToolInDoubt(
            f"It answered {status}, and done_if is neither true nor false of that: {said}"
        )
    raise ToolFailed(f"It answered {status}, and said that it did not do it: {said}")

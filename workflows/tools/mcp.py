"""Tool adapter ``mcp``: a tool of an MCP server, called only while it is what was turned on.

Its settings are ``workflows.mcp.settings.McpToolSettings``, which turning a tool on makes. Each
try asks the server first what it offers, and sends nothing to a tool that changed.
"""

import asyncio
from dataclasses import replace
from typing import Any

from approvals.rules import schema_validation
from tenants.errors import Invalid
from tenants.models import Tenant
from tenants.services.keys import RevealedSecret, reveal_for_call
from tenants.text.credentials import hidden_values, without_credentials
from workflows.exceptions.causes import Cause
from workflows.mcp import connection
from workflows.mcp.answers import QUESTION, error_text, kept_answer
from workflows.mcp.commands import check_command
from workflows.mcp.questions import asked_question
from workflows.mcp.schemas import modern_schema
from workflows.mcp.settings import McpToolSettings, ServerPlace, mcp_settings
from workflows.tools import ToolFailed, ToolInDoubt, ToolRequest, egress

NAME = "mcp"
COMPLETE = "complete"  # the kind of a result that is final, as one without a kind is


def check_settings(settings: dict[str, Any]) -> None:
    """Raise Invalid for settings with which no call can be made, whatever its arguments."""
    mcp_settings(settings)


def token_address(settings: dict[str, Any]) -> str:
    """Return the address of a tool's server, which its credential goes to."""
    return mcp_settings(settings).place.address


def check(
    settings: dict[str, Any], args: dict[str, Any], tenant: Tenant, secrets: frozenset[str]
) -> None:
    """Raise Invalid for a host that is not allowed, an unknown command or a missing secret."""
    check_reachable(mcp_settings(settings).place, tenant, secrets)


def check_reachable(place: ServerPlace, tenant: Tenant, secrets: frozenset[str]) -> None:
    """Raise Invalid where a client's server can't be called: its host, command or secret."""
    if place.command:
        check_command(place.command, tenant.slug)
    else:
        egress.check_url(place.address, tenant.allowed_hosts)
    if place.secret and place.secret not in secrets:
        raise Invalid(
            f"The secret {place.secret} is not kept here. Add it first.", code="no_secret"
        )


def resolve(settings: dict[str, Any], tenant: Tenant) -> dict[str, Any]:
    """Return a tool's settings with the secret that goes along, and what may not be repeated."""
    return {"tool": settings} | credential_of(mcp_settings(settings).place)


def credential_of(place: ServerPlace) -> dict[str, Any]:
    """Return the ``credential`` that goes along to a place, and its ``hidden`` values."""
    secret = reveal_for_call(place.secret, place.address) if place.secret else RevealedSecret()
    return {
        "credential": secret.value,
        "former": {"credential": secret.former, "names": [secret.name]} if secret.former else {},
        "hidden": hidden_values(secret.values),
        "is_connected": secret.is_connected,
    }


async def carry_out(request: ToolRequest) -> dict[str, Any]:
    """Make the call and return its answer: ``text``, and ``structured`` and ``parts`` if any.

    Raises ToolFailed where the tool did not act, ToolInDoubt where it may have acted, ToolAsks
    where its server asks a person something first.
    """
    settings, hidden = mcp_settings(request.settings["tool"]), request.settings["hidden"]
    result = await _call(request, settings, hidden)
    if result.get("resultType") == QUESTION:
        raise asked_question(result, settings.server)
    if result.get("resultType", COMPLETE) != COMPLETE:  # a task that goes on, for one
        raise _misfit(request, "Its answer is of a kind that is not known here.")
    # In a thread, because a large answer would block the other calls on the event loop.
    answer, misfit = await asyncio.to_thread(_read, settings, result, hidden)
    if result.get("isError"):
        raise _failed(request, without_credentials(error_text(result), hidden))
    if misfit:
        raise _misfit(request, without_credentials(misfit, hidden))
    return answer


async def _call(
    request: ToolRequest, settings: McpToolSettings, hidden: list[str]
) -> dict[str, Any]:
    """Make the call; with the former secret where its server does not know the new one."""
    pinned = connection.PinnedCall(
        settings, request.settings["credential"], hidden, request.resumed
    )
    former = request.settings.get("former")
    try:
        return await connection.call(request, pinned)
    except ToolFailed as error:
        if not former or not error.is_unauthorized:
            raise
    request.formers.extend(former["names"])
    return await connection.call(request, replace(pinned, credential=former["credential"]))


def _read(
    settings: McpToolSettings, result: dict[str, Any], hidden: list[str]
) -> tuple[dict[str, Any], str]:
    """Return the answer as it is kept, and why it is not what the tool promises; empty if it is."""
    return kept_answer(result, hidden), _misfit_of(settings, result)


def _misfit_of(settings: McpToolSettings, result: dict[str, Any]) -> str:
    schema = settings.tool.output_schema
    if schema is None or result.get("isError"):
        return ""
    if "structuredContent" not in result:
        return "It has no structured content."
    try:
        found = next(
            schema_validation.errors(modern_schema(schema), result["structuredContent"]), None
        )
    except Invalid as error:
        return error.message
    if found is None:
        return ""
    where = ".".join(str(part) for part in found.absolute_path) or "its structured content"
    return f"{where[:200]}: {found.message}"


def _failed(request: ToolRequest, said: str) -> ToolFailed | ToolInDoubt:
    """Return the failure of a tool that says that it failed, at whatever point that was."""
    if request.acts:
        return ToolInDoubt(f"It says that it failed, maybe half-way: {said}")
    return ToolFailed(f"It says that it failed: {said}")


def _misfit(request: ToolRequest, misfit: str) -> ToolFailed | ToolInDoubt:
    told = f"It answered, but not as its description says. {misfit}"
    if request.acts:
        return ToolInDoubt(f"{told} Whether it was done, only the other side can say.")
    return ToolFailed(told, cause=Cause.TOOL)

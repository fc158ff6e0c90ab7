"""Secrets of tools: each is for one environment and one scope, and only tools that fit get it.

Both ends are checked when they are saved: a tool that names a secret, and a secret that tools name.
"""

from collections.abc import Iterator
from typing import Any

from approvals.models import Tool
from approvals.rules.ladder import Effect
from tenants.actors import Actor
from tenants.credentials.references import REFERENCE
from tenants.errors import Invalid
from tenants.models import Secret
from tenants.services.keys import set_secret


def named_secrets(settings: Any) -> Iterator[str]:
    """Yield the names of the secrets that a tool's settings refer to, however deep.

    A setting called ``secret`` is a name, with ``secret:`` before it or without.
    """
    if isinstance(settings, dict):
        for name, value in settings.items():
            is_name = name == "secret" and isinstance(value, str) and value
            yield from [value.removeprefix(REFERENCE)] if is_name else named_secrets(value)
    elif isinstance(settings, list):
        for value in settings:
            yield from named_secrets(value)
    elif isinstance(settings, str) and settings.startswith(REFERENCE):
        yield settings.removeprefix(REFERENCE)


def check_secrets(tool: Tool) -> None:
    """Raise Invalid where a tool names a secret that is not for it. One query, if it names any."""
    names = set(named_secrets(tool.settings))
    if not names:
        return
    for secret in Secret.objects.filter(name__in=names).defer("ciphertext").order_by("name"):
        if problem := _misfit(tool, secret.name, secret.environment, secret.scope):
            raise Invalid(problem, code="bad_settings")


def declare_secret(*, name: str, value: str, environment: str, scope: str, actor: Actor) -> Secret:
    """Store a credential with what it is for.

    Raises Forbidden, and Invalid for an empty text and where a tool that names it does not fit.
    """
    check_purpose(name, environment, scope)
    return set_secret(name=name, value=value, environment=environment, scope=scope, actor=actor)


def check_purpose(name: str, environment: str, scope: str) -> None:
    """Raise Invalid where a tool that names a secret does not fit what it is for. One query."""
    for tool in Tool.objects.order_by("name"):
        if name in named_secrets(tool.settings) and (
            problem := _misfit(tool, name, environment, scope)
        ):
            said = f"{problem} Give that tool another secret first."
            raise Invalid(said, code="bad_settings")


def _misfit(tool: Tool, name: str, environment: str, scope: str) -> str:
    """Return why a tool may not have a secret; empty where it may."""
    if environment and (environment == "test") != tool.is_test:
        where = "in a test environment" if tool.is_test else "for real"
        return f"The secret {name} is for {environment} use, and {tool.title} acts {where}."
    reads = tool.effect == Effect.READ
    if scope == "write" and reads:
        return f"The secret {name} may change things, and {tool.title} only reads."
    if scope == "read" and not reads:
        return f"The secret {name} only reads, and {tool.title} does more."
    return ""

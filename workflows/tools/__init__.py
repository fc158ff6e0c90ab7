"""Tool adapters: one file an adapter. Adding a file registers it.

An adapter's module has ``NAME``, ``check`` (what stands against a call, asked before it is
put up, edited, signed and made), ``resolve`` (inside the transaction: settings with secrets
looked up) and ``carry_out`` (outside: the call itself; a coroutine function, or a plain one
that blocks a thread). It may have ``check_settings`` (what is wrong with a tool's settings,
asked when they are saved).
"""

import asyncio
import importlib
import inspect
import pkgutil
from dataclasses import dataclass
from functools import cache
from typing import Any

from workflows.exceptions.causes import Cause


@dataclass(frozen=True, slots=True)
class ToolRequest:
    """One tool call, ready to be made: resolved settings, exact arguments, key.

    ``takes_key`` is whether the other side acts once however often the key comes, ``acts``
    whether the call may change anything there.
    """

    adapter: str
    settings: dict[str, Any]
    args: dict[str, Any]
    key: str
    timeout: float | None = None  # seconds; None leaves it to the adapter
    takes_key: bool = False
    acts: bool = True


class ToolFailed(Exception):
    """The tool did not act. ``again`` says whether trying again may help.

    ``kind`` is timeout, rate_limited, unavailable or refused. ``wait`` is for how many seconds
    the other side asked to be left alone. ``cause`` is given where the kind does not tell it.
    """

    def __init__(
        self,
        message: str,
        *,
        again: bool = False,
        kind: str = "",
        wait: float = 0,
        cause: Cause | None = None,
    ) -> None:
        super().__init__(message)
        self.again = again
        self.kind = kind or ("unavailable" if again else "refused")
        self.wait = wait
        self.cause = cause


class ToolInDoubt(Exception):
    """Nobody knows whether the tool acted: the connection broke off after it was asked."""

    cause = Cause.IN_DOUBT

    def __init__(self, message: str, *, kind: str = "unavailable", wait: float = 0) -> None:
        super().__init__(message)
        self.kind = kind
        self.wait = wait


@cache
def adapters() -> dict[str, Any]:
    """Every adapter's module by name."""
    names = [f"{__name__}.{info.name}" for info in pkgutil.iter_modules(__path__)]
    modules = [importlib.import_module(name) for name in names]
    return {module.NAME: module for module in modules if hasattr(module, "NAME")}


async def carry_out(request: ToolRequest) -> dict[str, Any]:
    """Let a tool act. Raises ToolFailed where it did not, ToolInDoubt where nobody knows."""
    adapter = adapters()[request.adapter]
    if inspect.iscoroutinefunction(adapter.carry_out):
        done = await adapter.carry_out(request)
    else:
        done = await asyncio.to_thread(adapter.carry_out, request)
    return dict(done)

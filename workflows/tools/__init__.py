"""Tool adapters: one module an adapter, registered by being in this package.

An adapter's module has ``NAME``; ``check``, which raises Invalid for a call that can't be made,
before it is submitted, edited, approved and made; ``resolve``, which returns the settings with
their secrets, inside the transaction; and ``carry_out``, which makes the call outside of any
transaction (a coroutine function, or a plain one that blocks a thread). It may have
``check_settings``, which raises Invalid for wrong settings of a tool when they are saved, and
``check_effect``, which does so for settings that do not go with the tool's effect. With
``token_address`` it returns where its calls send a credential: without it no connection's token
goes along. With ``preview`` it fills a form as a call would and sends nothing, so that people
see it before they approve the call. With ``attached_sources`` it returns the names of the sources
whose files a call sends along.
"""

import asyncio
import importlib
import inspect
import pkgutil
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from workflows.exceptions.causes import Cause


@dataclass(frozen=True, slots=True)
class ToolPicture:
    """Picture of what a tool saw, as JPEG. ``is_before``: taken before it acted."""

    content: bytes
    is_before: bool = False


@dataclass(frozen=True, slots=True)
class ToolPreview:
    """Filled form of a call that was not made: its fields, and a picture, empty for none."""

    form: dict[str, Any]
    picture: bytes


@dataclass(frozen=True, slots=True)
class AttachedFile:
    """File that a call sends along."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class ToolRequest:
    """Request of one tool call: resolved settings, exact arguments, idempotency key.

    ``resumed`` has a person's answers to what the tool asked before, and the state that came with
    it. ``takes_key``: the other side acts once however often the key comes. ``acts``: the call may
    change something there. An adapter puts into ``formers`` the names of secrets whose former
    value it used, and into ``pictures`` what is shown beside the call, whatever its outcome.
    ``shown`` is the form that people saw before they approved the call; None where they saw none.
    ``files`` are those that were approved to go along.
    """

    adapter: str
    settings: dict[str, Any]
    args: dict[str, Any]
    key: str
    timeout: float | None = None  # seconds; None leaves it to the adapter
    takes_key: bool = False
    acts: bool = True
    resumed: dict[str, Any] | None = None
    shown: dict[str, Any] | None = None
    files: tuple[AttachedFile, ...] = ()
    formers: list[str] = field(default_factory=list)
    pictures: list[ToolPicture] = field(default_factory=list)


class ToolFailed(Exception):
    """Failure of a tool that did not act. ``retryable`` says whether another try may help.

    ``kind`` is timeout, rate_limited, unavailable or refused. ``wait`` is the number of seconds
    before which the other side wants no other try. ``cause`` is set where the kind does not tell
    it. ``is_unauthorized``: the other side did not know us, so it did nothing.
    """

    def __init__(
        self,
        message: str,
        *,
        retryable: bool = False,
        kind: str = "",
        wait: float = 0,
        cause: Cause | None = None,
        is_unauthorized: bool = False,
    ) -> None:
        super().__init__(message)
        self.is_unauthorized = is_unauthorized
        self.retryable = retryable
        self.kind = kind or ("unavailable" if retryable else "refused")
        self.wait = wait
        self.cause = cause


class ToolInDoubt(Exception):
    """Failure of a tool that may have acted: the connection broke after the request was sent."""

    cause = Cause.IN_DOUBT

    def __init__(self, message: str, *, kind: str = "unavailable", wait: float = 0) -> None:
        super().__init__(message)
        self.kind = kind
        self.wait = wait


class ToolAsks(Exception):
    """Question of a tool that a person has to answer before it goes on: it has not acted yet.

    ``questions`` are shown to people as foreign words; ``state`` goes back untouched.
    """

    def __init__(self, message: str, questions: dict[str, Any], state: str | None) -> None:
        super().__init__(message)
        self.questions = questions
        self.state = state


@cache
def adapters() -> dict[str, Any]:
    """Return every adapter's module by name."""
    names = [f"{__name__}.{info.name}" for info in pkgutil.iter_modules(__path__)]
    modules = [importlib.import_module(name) for name in names]
    return {module.NAME: module for module in modules if hasattr(module, "NAME")}


async def carry_out(request: ToolRequest) -> dict[str, Any]:
    """Make a tool call and return its response.

    Raises ToolFailed where the tool did not act, ToolInDoubt where it may have acted, ToolAsks
    where a person has to answer something first.
    """
    adapter = adapters()[request.adapter]
    # A plain function blocks, so it gets a thread of its own and not the loop of all calls.
    if inspect.iscoroutinefunction(adapter.carry_out):
        done = await adapter.carry_out(request)
    else:
        done = await asyncio.to_thread(adapter.carry_out, request)
    return dict(done)


async def preview_call(request: ToolRequest) -> ToolPreview:
    """Fill the form of a call and return it, with nothing sent.

    Raises ToolFailed where it can't be filled. The adapter must have a preview.
    """
    found = await adapters()[request.adapter].preview(request)
    assert isinstance(found, ToolPreview)
    return found


def has_preview(adapter: str, effect: str) -> bool:
    """Whether a tool's calls can be shown as a filled form before they are made."""
    return effect == "write" and hasattr(adapters().get(adapter), "preview")


def sources_attached(adapter: str, args: dict[str, Any]) -> list[str]:
    """Return the names of the sources whose files a call sends along. Raises Invalid."""
    named = getattr(adapters().get(adapter), "attached_sources", None)
    return list(named(args)) if named is not None else []

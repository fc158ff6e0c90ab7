"""Failure settings of a step: retries, timeout and fallbacks. Pure.

The docstrings of the classes and fields are descriptions in the published JSON Schema.
"""

import re
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from workflows.definitions.strict import Strict

SPAN = re.compile(r"^(\d+(?:\.\d+)?)\s*(ms|s|m|h)$")
UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600}
LONGEST = 24 * 3600  # seconds

Kind = Literal["timeout", "rate_limited", "unavailable", "bad_answer"]


def seconds(value: Any) -> float:
    """Return seconds from a duration: ``500ms``, ``2s``, ``5m``, ``1h`` or a number."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        found = float(value) if abs(value) <= LONGEST else LONGEST + 1
    elif isinstance(value, str) and (match := SPAN.match(value.strip())):
        found = float(match[1]) * UNITS[match[2]]
    else:
        raise ValueError("Write a time such as 500ms, 2s, 5m or 1h")
    if not 0 <= found <= LONGEST:
        raise ValueError("A time lies between 0 and 24 hours")
    return found


Seconds = Annotated[
    float,
    BeforeValidator(seconds),
    WithJsonSchema({"type": ["string", "number"], "examples": ["2s", "5m"]}),
]
Timeout = Annotated[Seconds, Field(ge=1, le=600)]


class Retry(Strict):
    """How often a failed call of the step is made again, and after how long.

    Each wait is ``factor`` times the one before, ``most`` at most, and up to ``jitter``
    (a share of it) shorter at random, so that what failed together does not come back
    together. ``on`` names the kinds of failure that are worth another try.
    """

    attempts: int = Field(default=3, ge=1, le=10)
    """How often the call is made at most."""
    wait: Seconds = 2.0
    """How long until the second attempt, such as 2s."""
    factor: float = Field(default=2.0, ge=1, le=10)
    """Each wait is so many times the one before."""
    most: Seconds = 60.0
    """No wait is longer."""
    jitter: float = Field(default=0.2, ge=0, le=1)
    """The share of a wait that is left to chance."""
    on: list[Kind] = Field(default=["timeout", "rate_limited", "unavailable"])
    """The kinds of failure that are worth another attempt."""

    @model_validator(mode="before")
    @classmethod
    def _on(cls, value: Any) -> Any:
        """YAML 1.1 reads the bare word ``on`` as true."""
        if isinstance(value, dict) and True in value:
            return {"on" if key is True else key: item for key, item in value.items()}
        return value


class Fallback(Strict):
    """What happens instead of a step that has failed for good: exactly one of these.

    ``model`` is asked the same; ``tool`` is a new proposal, with ``args`` of its own or
    the step's; ``value`` becomes the step's output; ``person`` raises an exception.
    """

    model: str = Field(default="", max_length=80)
    """Another model, asked the same."""
    tool: str = Field(default="", max_length=60)
    """Another tool, as a new proposal."""
    args: dict[str, Any] | None = None
    """That tool's arguments in CEL; left out, the step's."""
    person: Literal["", "owner"] = ""
    """The workflow's owner gets an exception."""
    value: dict[str, Any] | None = None
    """An output to go on with."""

    @model_validator(mode="after")
    def _one(self) -> Self:
        ways = [self.model, self.tool, self.person, self.value is not None]
        if sum(map(bool, ways)) != 1:
            raise ValueError("Name exactly one of model, tool, person or value")
        if self.args is not None and not self.tool:
            raise ValueError("args belong to a tool")
        return self

    def said(self) -> str:
        """Return the fallback in words, for the trace."""
        if self.model:
            return f"the model {self.model}"
        if self.tool:
            return f"the tool {self.tool}"
        return "a person" if self.person else "a fixed value"


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, dict) else value


Fallbacks = Annotated[list[Fallback], BeforeValidator(_listed), Field(max_length=5)]

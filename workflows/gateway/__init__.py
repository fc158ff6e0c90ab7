"""The model gateway: one function for every model, through LiteLLM."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Completion:
    """A model's answer. ``cost_micros`` is in millionths of a US dollar."""

    text: str
    model: str
    tokens_in: int
    tokens_out: int
    cost_micros: int


class ModelFailed(Exception):
    """The model did not answer. ``again`` says whether trying again may help.

    ``kind`` is timeout, rate_limited, unavailable or refused.
    """

    def __init__(self, message: str, *, again: bool, kind: str = "") -> None:
        super().__init__(message)
        self.again = again
        self.kind = kind or ("unavailable" if again else "refused")


def complete(model: str, request: dict[str, Any], *, api_key: str | None = None) -> Completion:
    """Ask ``model``. ``request`` has messages, schema and max_tokens, and may have a
    ``timeout`` in seconds. Raises ModelFailed."""
    from workflows.gateway import litellm_gateway

    return litellm_gateway.complete(model, request, api_key=api_key)


def warm_up() -> None:
    """Import the libraries, which takes seconds, before the first call needs them."""
    from workflows.gateway import litellm_gateway

    litellm_gateway.load()

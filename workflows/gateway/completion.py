"""Completion of a model, and ModelFailed, which says why there is none. Pure."""

from dataclasses import dataclass, field
from typing import Any

from workflows.gateway.answers import Reading
from workflows.gateway.prices import Price
from workflows.gateway.usage import Usage

EMPTY = "The model's answer is empty."
FILTERED = "The provider's content filter cut the model's answer off. Ask for it in other words."


@dataclass(frozen=True, slots=True)
class Completion:
    """Answer of a model. ``cost_micros`` is in millionths of a US dollar, None where not known.

    ``finish`` is length or content_filter where the text was cut off. ``refusal`` has the model's
    words where it refused.
    """

    text: str
    model: str
    usage: Usage = field(default_factory=Usage)
    cost_micros: int | None = None
    finish: str = ""
    refusal: str = ""


class ModelFailed(Exception):
    """Failure of a model call. ``retryable`` says whether another try may help.

    ``kind`` is timeout, rate_limited, unavailable or refused. ``http_status`` is the HTTP status
    of the answer. ``wait`` is the number of seconds before which the provider wants no other try.
    ``may_cost``: the request may have been worked on, so what it cost is not known.
    """

    def __init__(
        self,
        message: str,
        *,
        retryable: bool,
        kind: str = "",
        http_status: int | None = None,
        wait: float = 0,
        may_cost: bool = False,
    ) -> None:
        super().__init__(message)
        self.retryable = retryable
        self.kind = kind or ("unavailable" if retryable else "refused")
        self.http_status = http_status
        self.wait = wait
        self.may_cost = may_cost


def journal_text(text: str) -> str:
    """Return a text as the journal can keep it: without NUL and half surrogate pairs."""
    return text.encode("utf-8", "replace").decode().replace("\x00", "\ufffd")


def is_transient_status(status: int | None) -> bool:
    """Whether an error with this HTTP status may pass. None, for no answer, may."""
    return status is None or status in (408, 409, 425, 429) or status >= 500


def completion_of(reading: Reading, model: str, price: Price | None) -> Completion:
    """Return the completion of a model from the reading of its answer."""
    return Completion(
        text=journal_text(reading.text),
        model=journal_text(reading.model) or model,
        usage=reading.usage,
        cost_micros=known_cost(reading.usage, reading.text, price),
        finish=reading.finish,
        refusal=journal_text(reading.refusal),
    )


def known_cost(usage: Usage, text: str, price: Price | None) -> int | None:
    """Return what an answer cost, in millionths of a US dollar.

    None without a price, and where the provider did not count the tokens.
    """
    is_counted = usage.tokens_in > 0 and (usage.tokens_out > 0 or not text.strip())
    return price.cost_micros(usage) if price and is_counted else None


def completion_problem(done: Completion, max_tokens: int) -> str:
    """Return why a completion can't be used; empty where it has a text."""
    if done.refusal:
        return f"The model refused: {done.refusal}"
    return "" if done.text.strip() else cut_reason(done.finish, max_tokens) or EMPTY


def cut_reason(finish: str, max_tokens: int) -> str:
    """Return the sentence that says why an answer was cut off; empty where it was not."""
    if finish == "length":
        return (
            f"The model's answer was cut at max_tokens ({max_tokens:,}). "
            "Raise max_tokens in the step, or ask for less."
        )
    return FILTERED if finish == "content_filter" else ""


def response_format(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the ``response_format`` that asks for an answer of this schema."""
    return {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}

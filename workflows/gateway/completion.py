"""A completion is a model's answer, and ModelFailed says why there is none. Pure."""

from dataclasses import dataclass
from typing import Any

from workflows.gateway.answers import Reading

EMPTY = "The model's answer is empty."
FILTERED = "The provider's content filter cut the model's answer off. Ask for it in other words."


@dataclass(frozen=True, slots=True)
class Completion:
    """A model's answer. ``cost_micros`` is in millionths of a US dollar.

    ``finish`` is length or content_filter where the text was cut off. ``refusal`` holds the
    model's words where it says that it won't.
    """

    text: str
    model: str
    tokens_in: int
    tokens_out: int
    cost_micros: int
    finish: str = ""
    refusal: str = ""


class ModelFailed(Exception):
    """The model did not answer. ``again`` says whether trying again may help.

    ``kind`` is timeout, rate_limited, unavailable or refused. ``http_status`` is the HTTP status
    of the answer. ``wait`` is for how many seconds the provider asked to be left alone.
    """

    def __init__(
        self,
        message: str,
        *,
        again: bool,
        kind: str = "",
        http_status: int | None = None,
        wait: float = 0,
    ) -> None:
        super().__init__(message)
        self.again = again
        self.kind = kind or ("unavailable" if again else "refused")
        self.http_status = http_status
        self.wait = wait


def journal_text(text: str) -> str:
    """Text as the journal can keep it: no NUL, no half surrogate pairs."""
    return text.encode("utf-8", "replace").decode().replace("\x00", "\ufffd")


def worth_another_try(status: int | None) -> bool:
    """Whether a refusal with this HTTP status may pass; no status means no answer came."""
    return status is None or status in (408, 409, 425, 429) or status >= 500


def completion_of(reading: Reading, model: str, cost_micros: int) -> Completion:
    """What was read of ``model``'s answer, as the journal keeps it."""
    return Completion(
        text=journal_text(reading.text),
        model=journal_text(reading.model) or model,
        tokens_in=reading.tokens_in,
        tokens_out=reading.tokens_out,
        cost_micros=cost_micros,
        finish=reading.finish,
        refusal=journal_text(reading.refusal),
    )


def completion_problem(done: Completion, max_tokens: int) -> str:
    """Why there is nothing to use in an answer; empty where there is a text."""
    if done.refusal:
        return f"The model refused: {done.refusal}"
    return "" if done.text.strip() else why_cut(done.finish, max_tokens) or EMPTY


def why_cut(finish: str, max_tokens: int) -> str:
    """What cut an answer off, and what to do; empty where nothing did."""
    if finish == "length":
        return (
            f"The model's answer was cut at max_tokens ({max_tokens:,}). "
            "Raise max_tokens in the step, or ask for less."
        )
    return FILTERED if finish == "content_filter" else ""


def response_format(schema: dict[str, Any]) -> dict[str, Any]:
    """The response format that asks for an answer of this shape."""
    return {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}

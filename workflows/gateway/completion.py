"""Completion of a model, and ModelFailed, which says why there is none. Pure."""

import json
from dataclasses import dataclass, field, replace
from typing import Any

from workflows.gateway.answers import Reading
from workflows.gateway.prices import Price
from workflows.gateway.request_body import Request, with_own_names
from workflows.gateway.tool_calls import ToolCall, with_own_ids
from workflows.gateway.usage import Usage

EMPTY = "The model's answer is empty."
FILTERED = "The provider's content filter cut the model's answer off. Ask for it in other words."


@dataclass(frozen=True, slots=True)
class Completion:
    """Answer of a model. ``cost_micros`` is in millionths of a US dollar, None where not known.

    ``provider`` is who served it, as far as it is known. ``finish`` is length or content_filter
    where the text was cut off. ``refusal`` has the model's words where it refused. ``tool_calls``
    are in the model's order, each with an id of its own.
    """

    text: str
    model: str
    usage: Usage = field(default_factory=Usage)
    cost_micros: int | None = None
    finish: str = ""
    refusal: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    provider: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether there is neither a text nor a tool call."""
        return not (self.text.strip() or self.tool_calls)


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


def completion_of(
    reading: Reading, model: str, price: Price | None, request: Request | None = None
) -> Completion:
    """Return the completion of a model from the reading of its answer to a request."""
    request = request or {}
    calls = tuple(
        replace(call, id=journal_text(call.id), name=journal_text(call.name))
        for call in with_own_ids(reading.tool_calls, request.get("messages") or ())
    )
    made = Completion(
        text=journal_text(reading.text),
        model=journal_text(reading.model) or model,
        usage=reading.usage,
        finish=reading.finish,
        refusal=journal_text(reading.refusal),
        tool_calls=with_own_names(calls, request),
        provider=journal_text(reading.provider),
    )
    return with_cost(made, price)


def with_cost(done: Completion, price: Price | None) -> Completion:
    """Return a completion with what it cost.

    That is not known without a price, and where the provider did not count the tokens.
    """
    usage = done.usage
    is_counted = usage.tokens_in > 0 and (usage.tokens_out > 0 or done.is_empty)
    return replace(done, cost_micros=price.cost_micros(usage) if price and is_counted else None)


def assistant_message(done: Completion) -> dict[str, Any]:
    """Return a completion as a message of the conversation, for the request that follows it."""
    message: dict[str, Any] = {"role": "assistant", "content": done.text or None}
    if done.tool_calls:
        message["tool_calls"] = [_called(call) for call in done.tool_calls]
    return message


def tool_message(call: ToolCall, result: str) -> dict[str, Any]:
    """Return a tool call's result as a message of the conversation."""
    return {"role": "tool", "tool_call_id": call.id, "content": result}


def _called(call: ToolCall) -> dict[str, Any]:
    # Arguments that were no object are left out: servers parse them, and answer 500 to broken ones.
    arguments = json.dumps(call.arguments, ensure_ascii=False)
    function = {"name": call.name, "arguments": arguments}
    return {"id": call.id, "type": "function", "function": function}


def completion_problem(done: Completion, max_tokens: int) -> str:
    """Return why a completion can't be used; empty where it has a text or tool calls.

    How it ended counts before what it says: a filter may have left half a sentence, and the last
    call of an answer that was cut may lack some of its arguments.
    """
    if done.refusal:
        return f"The model refused: {done.refusal}"
    if done.finish == "content_filter" or done.tool_calls or done.is_empty:
        return cut_reason(done.finish, max_tokens) or (EMPTY if done.is_empty else "")
    return ""


def cut_reason(finish: str, max_tokens: int) -> str:
    """Return the sentence that says why an answer was cut off; empty where it was not."""
    if finish == "length":
        return (
            f"The model's answer was cut at max_tokens ({max_tokens:,}). "
            "Raise max_tokens in the step, or ask for less."
        )
    return FILTERED if finish == "content_filter" else ""

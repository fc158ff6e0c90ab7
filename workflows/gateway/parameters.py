"""Request parameters that a deployment of a model takes, learnt from its refusals. Pure.

Newer models take ``max_completion_tokens`` and no temperature, some take other response formats,
and all answer 400 to a parameter they don't take. After a refusal that names a parameter the
request is sent once more in another shape, and the process remembers the shape that was taken.
"""

import re
from collections.abc import Awaitable, Callable
from typing import Any

from workflows.gateway.completion import ModelFailed

Body = dict[str, Any]
# Models that are known to take no max_tokens and no temperature.
NEWER = re.compile(r"(?:^|[/:.])(?:o\d|gpt-[5-9])(?:$|[-.:@])")
# Words of a refusal of the value: the parameter itself is taken.
TOO_MUCH = re.compile(
    r"too (?:large|big|high)|at most|less than|exceed|maximum|greater than|out of range", re.I
)
FORMAT = re.compile(
    r"\b(?:response_format|json_schema|structured outputs?|json mode|response mime type)\b", re.I
)
STREAM = re.compile(r"\b(?:stream(?:ing|ed)?|non-streaming)\b", re.I)
REFUSED = (400, 422)
MOST_REMEMBERED = 1000  # deployments; bounded because a definition may name any model

RENAMED, NO_TEMPERATURE = "max_completion_tokens", "no temperature"
ANY_JSON, NO_FORMAT = "any JSON object", "no response_format"
STREAMED, UNCOUNTED = "stream", "no stream_options"
Changes = frozenset[str]

_remembered: dict[str, Changes] = {}


class StreamedUnasked(ModelFailed):
    """Failure to read a stream that was not asked for. The next request asks for one."""

    def __init__(self) -> None:
        super().__init__(
            "The model's server streamed its answer without being asked to.",
            retryable=True,
            may_cost=True,
        )


async def post_completion[Answer](
    deployment: str, model: str, body: Body, send: Callable[[Body], Awaitable[Answer]]
) -> Answer:
    """Send a request's body in the shape that the deployment takes, and return the answer.

    Raises what ``send`` raises.
    """
    # Some take no response_format beside tools, and do without them.
    deployment += " with tools" if "tools" in body else ""
    changes = _remembered.get(deployment, known_changes(model))
    tried = {changes}
    while True:
        try:
            answer = await send(apply_changes(body, changes))
        except StreamedUnasked:
            _remember(deployment, changes | {STREAMED})
            raise  # the answer may have been paid for, so another try is the caller's to make
        except ModelFailed as error:
            changes = next_changes(str(error), changes) if error.http_status in REFUSED else changes
            if changes in tried:
                raise  # the refusal names nothing new: it is the caller's to handle
            tried.add(changes)
        else:
            _remember(deployment, changes)
            return answer


def known_changes(model: str) -> Changes:
    """Return the changes that a model needs as far as its name tells."""
    return frozenset({RENAMED, NO_TEMPERATURE}) if NEWER.search(model) else frozenset()


def apply_changes(body: Body, changes: Changes) -> Body:
    """Return a request's body with these changes made."""
    made = dict(body)
    if RENAMED in changes:
        made["max_completion_tokens"] = made.pop("max_tokens")
    if NO_TEMPERATURE in changes:
        del made["temperature"]
    if NO_FORMAT in changes:
        made.pop("response_format", None)
    elif ANY_JSON in changes and "response_format" in made:
        made["response_format"] = {"type": "json_object"}
    if STREAMED in changes:
        made["stream"] = True
        if UNCOUNTED not in changes:
            made["stream_options"] = {"include_usage": True}
    return made


def next_changes(said: str, changes: Changes) -> Changes:
    """Return the changes to try after a refusal; the same where it names no parameter."""
    sent = "max_completion_tokens" if RENAMED in changes else "max_tokens"
    if re.search(rf"\b{sent}\b", said) and not TOO_MUCH.search(said):
        changes ^= {RENAMED}
    if re.search(r"\btemperature\b", said, re.I):
        changes |= {NO_TEMPERATURE}
    if FORMAT.search(said):
        changes |= {NO_FORMAT if ANY_JSON in changes else ANY_JSON}
    if re.search(r"\bstream_options\b", said):
        changes |= {UNCOUNTED}
    elif STREAM.search(said):  # a server that only streams names it, and so does one that can't
        changes ^= {STREAMED}
    return changes


def clear_remembered() -> None:
    """Clear what was learnt about deployments."""
    _remembered.clear()


def _remember(deployment: str, changes: Changes) -> None:
    # Cleared whole: relearning costs one refused request a deployment.
    if len(_remembered) >= MOST_REMEMBERED:
        _remembered.clear()
    _remembered[deployment] = changes

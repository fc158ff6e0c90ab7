"""Parameters that a deployment of a model takes, learnt from its refusals. Pure.

Models moved on from ``max_tokens``, from a temperature and to other response formats, and
answer 400 to what they do not take. A refusal that names a parameter is asked once more in
another shape, and what a deployment took is remembered in the process.
"""

import re
from collections.abc import Awaitable, Callable
from typing import Any

from workflows.gateway.completion import ModelFailed

Body = dict[str, Any]
# Models that are known to take no max_tokens and no temperature.
NEWER = re.compile(r"(?:^|[/:.])(?:o\d|gpt-[5-9])(?:$|[-.:@])")
# Then the parameter is known, and its value is what is refused.
TOO_MUCH = re.compile(
    r"too (?:large|big|high)|at most|less than|exceed|maximum|greater than|out of range", re.I
)
REFUSED = (400, 422)
MOST_REMEMBERED = 1000  # deployments: definitions name models as they like

RENAMED, NO_TEMPERATURE = "max_completion_tokens", "no temperature"
ANY_JSON, NO_FORMAT = "any JSON object", "no response_format"
Changes = frozenset[str]

_remembered: dict[str, Changes] = {}


async def post_completion[Answer](
    deployment: str, model: str, body: Body, send: Callable[[Body], Awaitable[Answer]]
) -> Answer:
    """Send ``body`` in the shape that the deployment takes. Raises what ``send`` raises."""
    changes = _remembered.get(deployment, usual(model))
    tried = {changes}
    while True:
        try:
            answer = await send(shaped(body, changes))
        except ModelFailed as error:
            changes = further(str(error), changes) if error.http_status in REFUSED else changes
            if changes in tried:
                raise
            tried.add(changes)
        else:
            _remember(deployment, changes)
            return answer


def usual(model: str) -> Changes:
    """What is known of a model by its name."""
    return frozenset({RENAMED, NO_TEMPERATURE}) if NEWER.search(model) else frozenset()


def shaped(body: Body, changes: Changes) -> Body:
    """The body with these changes made."""
    made = dict(body)
    if RENAMED in changes:
        made["max_completion_tokens"] = made.pop("max_tokens")
    if NO_TEMPERATURE in changes:
        del made["temperature"]
    if NO_FORMAT in changes:
        del made["response_format"]
    elif ANY_JSON in changes:
        made["response_format"] = {"type": "json_object"}
    return made


def further(said: str, changes: Changes) -> Changes:
    """The changes after a refusal in these words; the same where it names no parameter."""
    sent = "max_completion_tokens" if RENAMED in changes else "max_tokens"
    if re.search(rf"\b{sent}\b", said) and not TOO_MUCH.search(said):
        changes ^= {RENAMED}
    if re.search(r"\btemperature\b", said, re.I):
        changes |= {NO_TEMPERATURE}
    if re.search(r"\b(?:response_format|json_schema|structured outputs?)\b", said, re.I):
        changes |= {NO_FORMAT if ANY_JSON in changes else ANY_JSON}
    return changes


def forget() -> None:
    """Drop what was learnt."""
    _remembered.clear()


def _remember(deployment: str, changes: Changes) -> None:
    if len(_remembered) >= MOST_REMEMBERED:
        _remembered.clear()
    _remembered[deployment] = changes

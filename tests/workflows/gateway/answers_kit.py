"""Answers of a model server, and a run that gets them."""

import json

from tests.fakes.raw import Raw, RawServer
from tests.lanes import Lane
from tests.workflows.definition_kit import REPLY, definition
from workflows.models import Call

GOOD = '{"text": "Damaged items are refunded in full within 30 days of delivery [1]."}'
PART = {"type": "text", "text": GOOD}
CUT = '{"text": "Damaged items are refun'
USED = {"prompt_tokens": 10, "completion_tokens": 5}


def answer(
    content: object, *, finish: str = "stop", usage: object = USED, **message: object
) -> Raw:
    said = {"role": "assistant", "content": content, **message}
    choice = {"index": 0, "finish_reason": finish, "message": said}
    return Raw(body=json.dumps({"model": "m", "choices": [choice], "usage": usage}).encode())


def run(lane: Lane, *given: Raw, model: str = "openai/scripted", minutes: int = 20) -> list[Call]:
    """A run whose model answers so, with time for every retry. Its calls."""
    with RawServer(list(given)) as server, server.as_model():
        lane.use(definition(REPLY, slug="scripted", model=model))
        lane.start()
        for _ in range(4):
            lane.pass_time(minutes=minutes / 4)
        calls = lane.calls("model")
        assert len(server.requests) == len(calls)
    return calls


FIT = [
    answer(GOOD, usage=None),
    answer(GOOD, usage={"prompt_tokens": None, "completion_tokens": None}),
    answer(GOOD, usage={"prompt_tokens": 12.0, "completion_tokens": 2**40}),
    answer(f"```json\n{GOOD}\n```"),
    answer(GOOD, finish="length"),  # it was complete all the same
]

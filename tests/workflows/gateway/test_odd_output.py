"""Whatever JSON a model's server sends, it is read, or it is said to be none."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from workflows.gateway import answers, streams
from workflows.gateway.completion import completion_of

NAMES = (
    *("choices", "message", "delta", "content", "tool_calls", "function", "function_call"),
    *("arguments", "name", "id", "index", "type", "input", "text", "functionCall", "parts"),
    *("output", "error", "usage", "finish_reason", "model", "thought", "refusal", "args"),
)
WORDS = ("", "tool_use", "thinking", '{"a": 1}', "{", "x", "error", "\ud800", "\x00", "<think>")
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(WORDS)
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=5)
    ),
    max_leaves=20,
)
CALLS = st.fixed_dictionaries(
    {}, optional={"id": LEAVES, "index": VALUES, "type": VALUES, "function": VALUES}
)
MESSAGES = st.fixed_dictionaries(
    {}, optional={"content": VALUES | st.lists(CALLS), "tool_calls": VALUES | st.lists(CALLS)}
)


def answer(name: str) -> st.SearchStrategy[Any]:
    """Answers whose message has this name."""
    choice = st.fixed_dictionaries({name: MESSAGES, "finish_reason": LEAVES})
    return VALUES | choice.map(lambda one: {"choices": [one]})


@settings(max_examples=300, deadline=None)
@given(answer("message"), st.booleans())
def test_any_answer_is_read_into_what_can_be_kept(value: Any, has_tools: bool) -> None:
    try:
        found = answers.read(value, has_tools=has_tools)
    except (answers.ErrorAnswered, answers.UnreadableAnswer):
        return
    done = completion_of(found, "m", None, {"messages": [{"tool_calls": [{"id": "x"}]}]})
    kept = [[call.id, call.name, call.arguments, call.problem] for call in done.tool_calls]
    json.dumps([done.text, done.refusal, kept], ensure_ascii=False, allow_nan=False).encode()
    assert len({call.id for call in done.tool_calls} | {"x"}) == len(done.tool_calls) + 1


@settings(max_examples=300, deadline=None)
@given(st.lists(answer("delta"), max_size=4), st.booleans())
def test_any_chunks_are_put_together_or_are_half_an_answer(chunks: Any, is_done: bool) -> None:
    try:
        found = streams.join_chunks(chunks, is_done=is_done)
    except streams.HalfAnswer:
        return
    assert found["choices"]

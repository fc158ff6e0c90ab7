"""What LiteLLM raises, in words that hold no name of a class."""

import contextvars
import json

import pytest

from tests.fakes.raw import Raw, RawServer
from tests.lanes import Lane
from tests.workflows.gateway.answers_kit import FIT, answer, run
from tests.workflows.gateway.peers import TOOLS, Peer
from workflows.engine.calls.outcomes import failed_answer
from workflows.exceptions.causes import Cause, CausedProblem
from workflows.gateway.litellm_gateway import _failure_of, _skip_logging, litellm_module


class Raised(Exception):
    """An error as LiteLLM raises it, with the status of the answer."""

    def __init__(self, said: str, status: int | None) -> None:
        super().__init__(said)
        self.status_code = status


@pytest.mark.parametrize(
    ("said", "status", "told", "cause"),
    [
        (
            "litellm.AuthenticationError: AnthropicException - invalid x-api-key",
            401,
            "The model answered 401: invalid x-api-key",
            Cause.MODEL_KEY,
        ),
        (
            "litellm.ContextWindowExceededError: litellm.BadRequestError: OpenAIException - "
            "This model's maximum context length is 4097 tokens.",
            400,
            "The model answered 400: This model's maximum context length is 4097 tokens.",
            Cause.MODEL_LIMIT,
        ),
        (
            "litellm.APIConnectionError: no route\nTraceback (most recent call last):\n  File x",
            None,
            "The model did not answer: no route",
            Cause.MODEL_DOWN,
        ),
    ],
)
def test_a_failure_is_told_without_the_librarys_names(
    said: str, status: int | None, told: str, cause: Cause
) -> None:
    problem = failed_answer(_failure_of(Raised(said, status)), 0).problem
    assert isinstance(problem, CausedProblem)
    assert (str(problem), problem.cause) == (told, cause)


@pytest.mark.parametrize("given", FIT, ids=range(5))
def test_so_it_is_through_litellm(lane: Lane, given: Raw) -> None:
    (call,) = run(lane, given, model="hosted_vllm/scripted")
    assert (call.status, lane.steps()["reply"]) == ("done", "done")


def test_a_refusal_through_litellm_is_said_too(lane: Lane) -> None:
    (call,) = run(lane, answer(None, refusal="I can't."), model="hosted_vllm/scripted")
    assert "The model refused: I can't." in lane.note("reply")
    assert call.tokens_in == 10


def test_a_local_server_of_another_protocol_calls_tools_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Ollama gives its calls no ids, and their arguments as objects."""
    calls = [{"function": {"name": "shop_find", "arguments": {"order": n}}} for n in ("A-1", "A-2")]
    said = {"role": "assistant", "content": "", "tool_calls": calls}
    counts = {"prompt_eval_count": 5, "eval_count": 3}
    body = {"model": "llama3", "message": said, "done": True, "done_reason": "stop", **counts}
    with RawServer([Raw(body=json.dumps(body).encode())]) as server:
        monkeypatch.setenv("OLLAMA_API_BASE", server.url)
        done = Peer("ollama_chat/llama3").ask(tools=TOOLS)
    assert [(call.name, call.arguments) for call in done.tool_calls] == [
        ("shop.find", {"order": "A-1"}),
        ("shop.find", {"order": "A-2"}),
    ]
    assert len({call.id for call in done.tool_calls}) == 2
    assert (done.usage.tokens_in, done.usage.tokens_out, done.cost_micros) == (5, 3, None)


def test_a_call_is_not_logged_by_the_library() -> None:
    """The name is not public: this fails where another release has no such flag."""
    litellm = litellm_module()
    context = contextvars.copy_context()
    context.run(_skip_logging, litellm)
    assert context[litellm._internal_context.is_internal_call] is True
    _skip_logging(object())

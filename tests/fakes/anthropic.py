"""A model server that speaks Anthropic's messages protocol and answers by script.

    with AnthropicServer([Said("one")]) as model, model.in_environment():
        ...  # use the model name "anthropic/scripted"

Answers are those of ``tests.fakes.model``.
"""

import json
from typing import Any

from tests.fakes.model import ModelServer
from tests.fakes.said import Called, Reply, Said, as_text, pieces
from workflows.gateway.usage import Usage

# Types of errors by status, where a reply names none.
KINDS = {
    400: "invalid_request_error",
    401: "authentication_error",
    429: "rate_limit_error",
    500: "api_error",
    529: "overloaded_error",
}


class AnthropicServer(ModelServer):
    """A scripted model on loopback."""

    @property
    def url(self) -> str:
        """What to set as the API's base."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """For a worker process whose ``anthropic/…`` models should come here, and may."""
        return {
            "ANTHROPIC_API_BASE": self.url,
            "ANTHROPIC_API_KEY": "sk-ant-scripted",
            "HANDRAIL_ALLOWED_PRIVATE_HOSTS": f"127.0.0.1:{self.port}",
        }

    def whole(self, request: dict[str, Any], said: Said) -> dict[str, Any]:
        """An answer in one piece."""
        return _message(request) | {
            "content": _blocks(said),
            "stop_reason": _stop_reason(said),
            "usage": _usage(said.counts(request)),
        }

    def events(self, request: dict[str, Any], said: Said) -> list[str]:
        """The events of a streamed answer, as they are written."""
        counts = said.counts(request)
        begun = _usage(counts) | {"output_tokens": 1}
        found: list[dict[str, Any]] = [
            {"type": "message_start", "message": _message(request) | {"usage": begun}},
            {"type": "ping"},
        ]
        for n, block in enumerate(_blocks(said)):
            empty, deltas = _streamed(block)
            found.append({"type": "content_block_start", "index": n, "content_block": empty})
            found += [{"type": "content_block_delta", "index": n, "delta": d} for d in deltas]
            found.append({"type": "content_block_stop", "index": n})
        ended = {"stop_reason": _stop_reason(said), "stop_sequence": None}
        used = {"output_tokens": counts.tokens_out}
        found.append({"type": "message_delta", "delta": ended, "usage": used})
        found.append({"type": "message_stop"})
        return [f"event: {one['type']}\ndata: {json.dumps(one)}\n\n" for one in found]

    def error(self, reply: Reply) -> dict[str, Any]:
        """The body of an answer that isn't 200."""
        kind = KINDS.get(reply.status, reply.kind) if reply.kind == "scripted" else reply.kind
        return {"type": "error", "error": {"type": kind, "message": reply.message}}


def _message(request: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": "msg_scripted",
        "type": "message",
        "role": "assistant",
        "model": request.get("model", "scripted"),
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
    }


def _blocks(said: Said) -> list[dict[str, Any]]:
    """What is said as content blocks; a refusal is a text, as Claude writes it."""
    found: list[dict[str, Any]] = []
    if said.thoughts:
        found.append({"type": "thinking", "thinking": said.thoughts, "signature": "c2ln"})
        found.append({"type": "redacted_thinking", "data": "c2VjcmV0"})
    if said.text or said.refusal:
        found.append({"type": "text", "text": said.text or said.refusal})
    return found + [_tool_use(n, call) for n, call in enumerate(said.calls)]


def _tool_use(n: int, call: Called) -> dict[str, Any]:
    given = call.id or f"toolu_{n}"
    return {"type": "tool_use", "id": given, "name": call.name, "input": call.arguments}


def _streamed(block: dict[str, Any]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A block as it begins, and its deltas."""
    match block["type"]:
        case "text":
            deltas = [{"type": "text_delta", "text": piece} for piece in pieces(block["text"])]
            return {"type": "text", "text": ""}, deltas
        case "thinking":
            thought = pieces(block["thinking"])
            deltas = [{"type": "thinking_delta", "thinking": piece} for piece in thought]
            deltas.append({"type": "signature_delta", "signature": block["signature"]})
            return block | {"thinking": "", "signature": ""}, deltas
        case "tool_use":
            written = pieces(as_text(block["input"]))
            deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in written]
            return block | {"input": {}}, deltas
    return block, []


def _stop_reason(said: Said) -> str:
    named = {"length": "max_tokens", "filtered": "refusal"}
    if said.refusal:
        return "refusal"
    return named.get(said.finish) or ("tool_use" if said.calls else "end_turn")


def _usage(counts: Usage) -> dict[str, Any]:
    return {
        "input_tokens": counts.uncached,
        "cache_read_input_tokens": counts.cache_read,
        "cache_creation_input_tokens": counts.cache_write,
        "output_tokens": counts.tokens_out,
    }

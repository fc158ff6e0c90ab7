"""MCP server of a sample client over its standard streams: one tool, answered from a file.

Run as ``python -I mcp_server.py FILE``. It has the standard library alone, because it is started
anew for each call and the SDK takes seconds to import. Revision 2025-11-25:
https://modelcontextprotocol.io/specification/2025-11-25/basic/transports
"""

import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

REVISION = "2025-11-25"
UNKNOWN_METHOD, WRONG_PARAMETERS = -32601, -32602  # JSON-RPC 2.0

Result = dict[str, Any]


class BadCall(Exception):
    """Call of a tool that the server has not."""


class SampleServer:
    """Server of one file: what it is called, its tool, and the answers by the tool's argument."""

    def __init__(self, sample: dict[str, Any]) -> None:
        self._sample = sample
        self._methods: dict[str, Callable[[Result], Result]] = {
            "initialize": self._initialize,
            "ping": lambda _: {},
            "tools/list": lambda _: {"tools": [self._sample["tool"]]},
            "tools/call": self._call,
        }

    def answer(self, message: Result) -> Result | None:
        """Return the answer to a message; none to a notification."""
        if "id" not in message:
            return None
        head = {"jsonrpc": "2.0", "id": message["id"]}
        method = self._methods.get(message.get("method", ""))
        if method is None:
            return head | {"error": {"code": UNKNOWN_METHOD, "message": "There is no such method."}}
        try:
            return head | {"result": method(message.get("params") or {})}
        except BadCall as error:
            return head | {"error": {"code": WRONG_PARAMETERS, "message": str(error)}}

    def _initialize(self, params: Result) -> Result:
        return {
            "protocolVersion": REVISION,
            "capabilities": {"tools": {}},
            "serverInfo": {"name": self._sample["name"], "version": "1"},
            "instructions": self._sample["instructions"],
        }

    def _call(self, params: Result) -> Result:
        if params.get("name") != self._sample["tool"]["name"]:
            raise BadCall("There is no such tool.")
        wanted = str(params.get("arguments", {}).get(self._sample["by"]))
        found = self._sample["answers"].get(wanted) or self._sample["otherwise"]
        text = {"type": "text", "text": json.dumps(found)}
        return {"content": [text], "structuredContent": found, "isError": False}


def answer_lines(server: SampleServer, lines: Iterable[str]) -> None:
    """Answer each line with a message until there are no more."""
    for line in lines:
        answer = server.answer(json.loads(line))
        if answer is not None:
            print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    answer_lines(SampleServer(json.loads(Path(sys.argv[1]).read_text())), sys.stdin)

"""Answers of MCP tools as they are kept: text, structured content, and what else came. Pure."""

import json
from typing import Any

from tenants.text.credentials import without_credentials
from workflows.tools import bodies

LONGEST = 256 * 1024  # characters that are kept of all texts
MOST_PARTS = 200
KEPT = ("type", "mimeType", "uri", "name")  # of a part that is no text
QUESTION = "input_required"


def kept_answer(result: dict[str, Any], hidden: list[str]) -> dict[str, Any]:
    """Return a tool's result as it is kept: its texts, its structured content, its other parts.

    Data of pictures and sounds is left out. None of the ``hidden`` values is in it.
    """
    parts = [part for part in result.get("content", ()) if isinstance(part, dict)]
    texts = [str(part.get("text", "")) for part in parts if part.get("type") == "text"]
    text = "\n\n".join(texts)
    kept: dict[str, Any] = {"text": text[:LONGEST]}
    if len(text) > LONGEST:
        kept["lost"] = f"The texts had {len(text):,} characters, of which the first are kept."
    if others := [_part(part) for part in parts if part.get("type") != "text"]:
        kept["parts"] = others[:MOST_PARTS]
    if "structuredContent" in result:
        kept["structured"] = result["structuredContent"]
    written = without_credentials(json.dumps(kept, ensure_ascii=False), hidden)
    found = bodies.decode_body("application/json", written.replace("\\u0000", "\ufffd").encode())
    return found if isinstance(found, dict) else {"text": str(found)}


def _part(part: dict[str, Any]) -> dict[str, Any]:
    """Return a part that is no text: what it is and where, without its data."""
    inner = part.get("resource")
    found = part | inner if isinstance(inner, dict) else part
    kept = {name: value for name, value in found.items() if name in KEPT}
    if isinstance(text := found.get("text"), str):
        kept["text"] = text[:LONGEST]
    data = found.get("data") or found.get("blob")
    return kept | ({"bytes": len(data) * 3 // 4} if isinstance(data, str) else {})


def error_text(result: dict[str, Any]) -> str:
    """Return the words of a result that says that the tool failed."""
    texts = [p.get("text", "") for p in result.get("content", ()) if isinstance(p, dict)]
    return bodies.error_words(" ".join(map(str, texts))) or "It gave no reason."

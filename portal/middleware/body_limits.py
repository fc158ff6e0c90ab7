"""WSGI wrapper that limits request bodies: by Content-Length, or by reading up to a limit.

Django reads nothing of a body without a length, and servers differ in how they pass it on.
"""

import io
import json
from collections.abc import Callable, Iterable
from typing import Any

from portal.api.problems import TYPE, details
from portal.middleware.bodies import API, LARGEST, LARGEST_UNMEASURED, SAYS

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
BODILESS = ("GET", "HEAD", "OPTIONS", "TRACE")


class BoundedBodies:
    """WSGI application whose inner one gets only bodies with a length, none over the limit.

    Answers 400 for a length that is no number and 413 for a body that is too long.
    """

    def __init__(self, inner: Application) -> None:
        self.inner = inner

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        said = environ.get("CONTENT_LENGTH") or ""
        # RFC 9110, 8.6: digits and nothing else.
        if said and not (said.isascii() and said.isdigit()):
            return _answer(environ, start, "400 Bad Request", "Its Content-Length is no number.")
        if len(said) > 12 or int(said or 0) > LARGEST:
            return _answer(environ, start, "413 Content Too Large", SAYS)
        if not said and environ["REQUEST_METHOD"] not in BODILESS:
            body = _read(environ["wsgi.input"])
            if body is None:
                return _answer(environ, start, "413 Content Too Large", SAYS)
            environ |= {"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))}
        return self.inner(environ, start)


def _read(stream: Any) -> bytes | None:
    """Return a body of unknown length (chunked), None where it is too long."""
    parts, left = [], LARGEST_UNMEASURED + 1
    while left and (part := stream.read(min(left, 64 * 1024))):
        parts.append(part)
        left -= len(part)
    return b"".join(parts) if left else None


def _answer(
    environ: dict[str, Any], start: Callable[..., Any], status: str, said: str
) -> list[bytes]:
    number, title = int(status[:3]), status[4:]
    kind, body = "text/plain; charset=utf-8", f"{title}. {said}\n"
    if environ.get("PATH_INFO", "").startswith(API):
        code = "too_large" if number == 413 else "bad_length"
        kind, body = TYPE, json.dumps(details(number, code, said))
    content = body.encode()
    start(status, [("Content-Type", kind), ("Content-Length", str(len(content)))])
    return [content]

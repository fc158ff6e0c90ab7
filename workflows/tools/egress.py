"""The only way out over HTTP: to allowed hosts, no redirects, bounded answers."""

import json as json_module
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import httpx

from tenants.errors import Invalid
from workflows.tools import ToolFailed, ToolInDoubt

TIMEOUT = httpx.Timeout(20.0, connect=5.0)  # seconds
LARGEST_ANSWER = 1024 * 1024  # bytes


def check_url(url: str, allowed: list[str]) -> None:
    """Raise Invalid unless the address is HTTP(S) at an allowed host.

    A host is allowed as written, ``shop.example`` or ``127.0.0.1:9100``; with a port
    in the address, the port must be in the list too.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
        raise Invalid(f"“{url}” is no plain http or https address.", code="bad_url")
    if parts.netloc.lower() not in {host.lower() for host in allowed}:
        raise Invalid(
            f"{parts.netloc} is not among this client's allowed hosts. Add it there first.",
            code="host_not_allowed",
        )


@lru_cache(maxsize=1)
def _client() -> httpx.Client:
    limits = httpx.Limits(max_connections=200, max_keepalive_connections=50)
    # trust_env off: a proxy set for the server must not see tenants' credentials.
    return httpx.Client(timeout=TIMEOUT, limits=limits, follow_redirects=False, trust_env=False)


def send(
    method: str,
    url: str,
    *,
    headers: dict[str, str],
    json: Any = None,
    timeout: float | None = None,
) -> tuple[int, Any]:
    """Make one request; the address was checked before. Returns status and body.

    ``timeout`` is in seconds, for connecting and for each wait on the other side.

    Raises ToolFailed where nothing was asked, ToolInDoubt where the answer was lost.
    """
    try:
        limit = httpx.Timeout(timeout, connect=min(timeout, 5.0)) if timeout else TIMEOUT
        with _client().stream(method, url, headers=headers, json=json, timeout=limit) as response:
            body = b""
            for chunk in response.iter_bytes():
                body += chunk
                if len(body) > LARGEST_ANSWER:
                    raise ToolInDoubt("The answer was larger than 1 MB, so it was not read.")
            return response.status_code, _decoded(response, body)
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
        raise ToolFailed(f"No connection to {urlsplit(url).netloc}: {error}", again=True) from error
    except httpx.TimeoutException as error:
        raise ToolInDoubt("It did not answer in time.", kind="timeout") from error
    except httpx.HTTPError as error:
        raise ToolInDoubt(f"The connection broke off: {type(error).__name__}") from error


def _decoded(response: httpx.Response, body: bytes) -> Any:
    """The answer as JSON if it is some that Postgres can keep, else as text."""
    text = body.decode("utf-8", "replace").replace("\x00", "\ufffd")
    if "json" in response.headers.get("content-type", ""):
        try:
            return loads(text)
        except (ValueError, RecursionError):
            pass
    return text[:4000]


def loads(text: str) -> Any:
    """JSON without NaN, NUL and half surrogate pairs. Raises ValueError for those."""
    value = json_module.loads(text, parse_constant=_no_number)
    kept = json_module.dumps(value, ensure_ascii=False)
    kept.encode()
    if "\\u0000" in kept:
        raise ValueError("Postgres keeps no NUL")
    return value


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is not JSON")

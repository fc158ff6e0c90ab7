"""The arguments of a call are put in their places of an HTTP request, and stay there. Pure.

An argument can't become another part of the address: it is percent-encoded, and in a path whatever
a server may read as a further part of it is refused.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from tenants.errors import Invalid
from workflows.openapi.arguments import FORM, MULTIPART
from workflows.openapi.form_bodies import multipart_form
from workflows.openapi.settings import IN_URL, ArgumentPlace, OperationSettings

UNSENDABLE = re.compile(r"[^\t\x20-\x7e]")  # in a header's value
UNBAKEABLE = re.compile(r"[^\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]")  # RFC 6265, 4.1.1
DELIMITERS = {"commas": ",", "pipes": "|", "spaces": " "}
CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")
KEPT_IN_PATH = "/%:@!$&'()*+,;=~-._"
MOST_DECODED = 5  # times; servers behind one another may each decode once


@dataclass(frozen=True, slots=True)
class RequestParts:
    """Address, headers and body of a request, without any credential."""

    url: str
    headers: dict[str, str]
    body: bytes | None


def request_parts(settings: OperationSettings, args: dict[str, Any]) -> RequestParts:
    """Return the request of a call. Raises Invalid for an argument that its place can't hold."""
    if unknown := sorted(args.keys() - settings.places.keys()):
        raise Invalid(f"It takes no {', '.join(unknown)[:200]}.", code="bad_args")
    given = {
        name: value for name, value in args.items() if value is not None or _in_body(settings, name)
    }
    path: dict[str, str] = {}
    query: list[str] = []
    headers = {"Accept": "application/json"}
    cookies: list[str] = []
    for name, value in given.items():
        place = settings.places[name]
        if place.in_ == "path":
            path[place.name] = _in_path(name, value)
        elif place.in_ == "query":
            query += _in_query(name, value, place)
        elif place.in_ == "header":
            headers[place.name] = _in_header(name, value, place)
        elif place.in_ == "cookie":
            cookies.append(f"{place.name}={_in_cookie(name, value, place)}")
    if cookies:
        headers["Cookie"] = "; ".join(cookies)
    body, content_type = _body(settings, given)
    if body is not None:
        headers["Content-Type"] = content_type
    url = _filled(settings, path) + (f"?{'&'.join(query)}" if query else "")
    return RequestParts(url, headers, body)


def with_query(url: str, name: str, value: str) -> str:
    """Return a URL with one more name and value in its query."""
    return f"{url}{'&' if '?' in url else '?'}{_quoted(name)}={_quoted(value)}"


def with_cookie(headers: dict[str, str], name: str, value: str) -> dict[str, str]:
    """Return headers with one more cookie. Raises Invalid for a value that is none."""
    if UNBAKEABLE.search(value):
        said = f"The secret for the cookie {name} has a character that no cookie can hold."
        raise Invalid(said, code="bad_header")
    former = headers.get("Cookie", "")
    return headers | {"Cookie": f"{former}{'; ' if former else ''}{name}={value}"}


def _in_body(settings: OperationSettings, name: str) -> bool:
    return settings.places[name].in_ in ("body", "whole")


def _quoted(text: str) -> str:
    return quote(text, safe="")


def _plain_text(name: str, value: Any) -> str:
    """Return a value as text. Raises Invalid for a list, an object and what no address can hold."""
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float():
            return json.dumps(value)
        case str():
            try:
                value.encode()
            except UnicodeError as error:
                said = f"{name} holds a character that can't be sent."
                raise Invalid(said, code="bad_args") from error
            return value
    raise Invalid(f"{name} is a text or a number, or a list of them.", code="bad_args")


def _texts(name: str, value: Any, joined_by: str = "") -> list[str]:
    """Return the texts of a value or a list. None in a list that is joined holds what joins it."""
    if not isinstance(value, list):
        return [_plain_text(name, value)]
    texts = [_plain_text(name, one) for one in value]
    if joined_by and any(joined_by in one for one in texts):
        said = (
            f"{name} is sent as a list joined by “{joined_by}”, so none of its texts can hold it."
        )
        raise Invalid(said, code="bad_args")
    return texts


def _in_path(name: str, value: Any) -> str:
    texts = _texts(name, value, ",")
    for text in texts:
        if not text:
            raise Invalid(f"{name} is empty, and an address needs it.", code="bad_args")
        decoded = _decoded(text)
        if "/" in decoded or "\\" in decoded or CONTROLS.search(decoded):
            said = (
                f"{name} can't hold / or \\ or a control character: it is one part of an address."
            )
            raise Invalid(said, code="bad_args")
    if not texts:
        raise Invalid(f"{name} is empty, and an address needs it.", code="bad_args")
    return ",".join(_quoted(text) for text in texts)


def _decoded(text: str) -> str:
    for _ in range(MOST_DECODED):
        before, text = text, unquote(text)
        if text == before:
            break
    return text


def _filled(settings: OperationSettings, path: dict[str, str]) -> str:
    """Return the URL with its path filled, with as many parts as before and none that is a step."""
    parts = urlsplit(settings.url)
    if missing := [name for name in IN_URL.findall(parts.path) if name not in path]:
        raise Invalid(f"{missing[0]} is missing, and an address needs it.", code="bad_args")
    pieces = IN_URL.split(parts.path)  # every second one is a name in braces
    filled = "".join(
        path[piece] if index % 2 else quote(piece, safe=KEPT_IN_PATH)
        for index, piece in enumerate(pieces)
    )
    for before, part in zip(parts.path.split("/"), filled.split("/"), strict=True):
        if before != part and _decoded(part).partition(";")[0].strip() in (".", ".."):
            said = "An argument would lead to another address. It can't be . or .. there."
            raise Invalid(said, code="bad_args")
    return f"{parts.scheme}://{parts.netloc}{filled}"


def _in_query(name: str, value: Any, place: ArgumentPlace) -> list[str]:
    """Return the pairs of a query that carry a value."""
    key = _quoted(place.name)
    if place.style == "json":
        return [f"{key}={_quoted(_json(name, value).decode())}"]
    if place.style == "deep" and isinstance(value, dict):
        pairs = ((part, one) for part, one in value.items() if one is not None)
        return [
            f"{key}%5B{_quoted(part)}%5D={_quoted(_plain_text(name, one))}" for part, one in pairs
        ]
    if place.style in ("repeated", "deep"):
        return [f"{key}={_quoted(text)}" for text in _texts(name, value)]
    joined_by = DELIMITERS[place.style]
    texts = _texts(name, value, joined_by)
    between = joined_by if joined_by == "," else _quoted(joined_by)
    return [f"{key}={between.join(map(_quoted, texts))}"] if texts else []


def _in_cookie(name: str, value: Any, place: ArgumentPlace) -> str:
    text = _json(name, value).decode() if place.style == "json" else _plain_text(name, value)
    if UNBAKEABLE.search(text):
        said = f"{name} is sent in a cookie, which holds no space, comma, semicolon or quote."
        raise Invalid(said, code="bad_args")
    return text


def _in_header(name: str, value: Any, place: ArgumentPlace) -> str:
    if place.style == "json":
        text = json.dumps(value, allow_nan=False)
    else:
        text = ",".join(_texts(name, value, ","))
    if UNSENDABLE.search(text):
        said = f"{name} is sent in a header, which holds no line end and no accented letter."
        raise Invalid(said, code="bad_args")
    return text


def _body(settings: OperationSettings, args: dict[str, Any]) -> tuple[bytes | None, str]:
    """Return the body of a request with its content type, or None where it has none."""
    fields = {}
    for name, place in settings.places.items():
        if place.in_ == "whole":
            body = _json(name, args[name]) if name in args else None
            return body, settings.content_type
        if place.in_ == "body" and name in args:
            fields[place.name] = args[name]
    if settings.content_type == FORM:
        pairs = [f"{_quoted(name)}={_quoted(text)}" for name, text in _pairs(fields)]
        return "&".join(pairs).encode(), FORM
    if settings.content_type == MULTIPART:
        return multipart_form(_pairs(fields))
    has_fields = any(place.in_ == "body" for place in settings.places.values())
    return (_json("the body", fields) if has_fields else None), settings.content_type


def _pairs(fields: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the fields of a form as names and texts, each item of a list by itself."""
    for name, value in fields.items():
        if value is not None:
            yield from ((name, text) for text in _texts(name, value))


def _json(name: str, value: Any) -> bytes:
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise Invalid(f"{name} can't be sent as JSON.", code="bad_args") from error

"""The text of an OpenAPI document, JSON or YAML, is read within limits. Pure."""

import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import count
from typing import Any

import yaml

from approvals.rules import schema_validation
from tenants.text.json_depth import is_deeper
from workflows.openapi.problems import DocumentError

DEEPEST = 60  # levels
UNKEPT = re.compile("[\x00\ud800-\udfff]")
VERSION = re.compile(r"3\.([01])\.[0-9]{1,3}")
ROOT = "#"
# What JSON's and YAML's readers raise for a text: their own errors, and Python's for its values.
UNREADABLE = (yaml.YAMLError, ArithmeticError, LookupError, RecursionError, TypeError, ValueError)


@dataclass(frozen=True, slots=True)
class ReadingLimits:
    """Limits on a document.

    ``characters`` are those of its text, ``parts`` its names, values, beginnings and ends of lists.
    ``visits`` are of values in reading operations, those behind ``$ref`` each time. ``checked`` are
    characters of schemas that are checked, each different one once, ``seconds`` of this thread's
    work on that: a short pattern can take as long as many characters.
    """

    characters: int
    operations: int
    parts: int
    visits: int
    checked: int
    seconds: float


# Within a request: a second or two.
SMALL = ReadingLimits(1_000_000, 300, 150_000, 200_000, 500_000, 10.0)
# In a process of its own, which has an end in time and memory besides.
LARGE = ReadingLimits(21_000_000, 3000, 3_000_000, 20_000_000, 50_000_000, 160.0)


@dataclass(frozen=True, slots=True)
class ApiDocument:
    """OpenAPI document as JSON. ``is_old``: its schemas are those of OpenAPI 3.0."""

    value: dict[str, Any]
    is_old: bool
    limits: ReadingLimits = SMALL
    _visits: Iterator[int] = field(default_factory=count, compare=False)
    _checked: dict[str, int] = field(default_factory=dict, compare=False)  # lengths by digests
    _spent: list[float] = field(default_factory=list, compare=False)  # seconds of each check

    def visit(self, pointer: str) -> None:
        """Count a visit to a value. Raises DocumentError after too many."""
        # A short document can repeat one part by $ref as often as it likes.
        if next(self._visits) > self.limits.visits:
            raise DocumentError("too_large", pointer, "By its $ref the document becomes too large.")

    def check_schema(self, schema: Any, pointer: str) -> None:
        """Raise Invalid unless a schema can be used; DocumentError once too much was checked."""
        text = json.dumps(schema)
        self._checked[sha256(text.encode()).hexdigest()] = len(text)
        # Checking is slow: a second or so for each 100,000 characters.
        is_slow = sum(self._spent) > self.limits.seconds
        if is_slow or sum(self._checked.values()) > self.limits.checked:
            raise DocumentError("too_large", pointer, "The schemas of the document are too large.")
        begun = time.thread_time()
        try:
            schema_validation.check(schema)
        finally:
            self._spent.append(time.thread_time() - begun)

    @property
    def title(self) -> str:
        """Return the title that the document has for itself; empty without one."""
        info = self.value.get("info")
        title = info.get("title") if isinstance(info, dict) else ""
        return title[:120] if isinstance(title, str) else ""


class _Loader(yaml.CSafeLoader):
    """Loader whose plain words are those of JSON: no dates, and ``yes`` is a text (YAML 1.2)."""

    yaml_implicit_resolvers: dict[str, Any] = {}


for _tag, _pattern, _first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("int", r"0|[-+]?[1-9][0-9]*", "-+0123456789"),
    (
        "float",
        r"[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?",
        "-+.0123456789",
    ),
):
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(rf"(?:{_pattern})\Z"), list(_first)
    )


def read_document(text: str, limits: ReadingLimits = SMALL) -> ApiDocument:
    """Return the document of a text.

    Raises DocumentError for a text that is neither JSON nor YAML, too large or too deep, and for
    one that is no document of OpenAPI 3.0 or 3.1.
    """
    text = text.removeprefix("\ufeff")
    if len(text) > limits.characters:
        said = f"It has more than {limits.characters:,} characters."
        raise DocumentError("too_large", ROOT, said)
    try:
        is_json = _is_json(text)
        value = json.loads(text, parse_constant=_refuse) if is_json else _yaml(text, limits.parts)
    except UNREADABLE as error:
        raise DocumentError("not_readable", ROOT, _said(error)) from error
    if is_deeper(value, DEEPEST):
        raise DocumentError("too_deep", ROOT, f"It is nested deeper than {DEEPEST} levels.")
    value = _plain(value, limits.parts)
    if not isinstance(value, dict):
        raise DocumentError("not_openapi", ROOT, "It is no object with openapi, info and paths.")
    return ApiDocument(value, _is_old(value), limits)


def _is_json(text: str) -> bool:
    """Return whether a text is an object whose first name stands in quotes, as YAML's need not."""
    return bool(re.match(r'\s*\{\s*["}]', text))


def _refuse(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def _said(error: Exception) -> str:
    match error:
        case json.JSONDecodeError():
            return f"It is no JSON: line {error.lineno}, column {error.colno}: {error.msg}."
        case yaml.MarkedYAMLError(problem_mark=mark) if mark is not None:
            where = f"line {mark.line + 1}, column {mark.column + 1}"
            return f"It is no YAML: {where}: {str(error.problem)[:200]}."
        case RecursionError():
            return "It is nested too deep."
    return f"It is neither JSON nor YAML: {str(error)[:200]}."


def _yaml(text: str, most_parts: int) -> Any:
    """Return the value of a YAML text, whose size is checked before any of it is built."""
    level = 0
    for number, event in enumerate(yaml.parse(text, Loader=_Loader)):
        mark: Any = event.start_mark
        level += isinstance(event, yaml.CollectionStartEvent)
        level -= isinstance(event, yaml.CollectionEndEvent)
        if level > DEEPEST:
            raise RecursionError
        if number > most_parts:
            raise yaml.MarkedYAMLError(problem="this has too many parts", problem_mark=mark)
        # A few lines of anchors can stand for millions of values.
        if isinstance(event, yaml.NodeEvent) and event.anchor:
            said = "anchors can't be read; write it out, or use $ref"
            raise yaml.MarkedYAMLError(problem=said, problem_mark=mark)
    return yaml.load(text, Loader=_Loader)  # noqa: S506 - a subclass of CSafeLoader


def _plain(value: Any, most_parts: int) -> Any:
    """Return a value with texts as its names, as statuses in YAML are numbers.

    Raises DocumentError for too many parts and for texts that can't be kept.
    """
    found: list[Any] = [None]
    todo: list[tuple[Any, Any, Any]] = [(value, found, 0)]
    parts = 0
    while todo:
        one, into, name = todo.pop()
        parts += 1
        if parts > most_parts:
            raise DocumentError("too_large", ROOT, f"It has more than {most_parts:,} parts.")
        if isinstance(one, dict):
            made: Any = {}
            todo += [(inner, made, _name(key)) for key, inner in reversed(one.items())]
            made.update(dict.fromkeys(map(_name, one)))  # in the order of the document
        elif isinstance(one, list):
            made = [None] * len(one)
            todo += [(inner, made, index) for index, inner in enumerate(one)]
        else:
            made = one
            if isinstance(one, str) and UNKEPT.search(one):
                raise DocumentError(
                    "not_readable", ROOT, "It holds a character that can't be kept."
                )
        into[name] = made
    return found[0]


def _name(key: Any) -> str:
    said = key if isinstance(key, str) else json.dumps(key)
    if UNKEPT.search(said):
        raise DocumentError("not_readable", ROOT, "It holds a name that can't be kept.")
    return said


def _is_old(value: dict[str, Any]) -> bool:
    """Return whether a document is of OpenAPI 3.0. Raises DocumentError unless of 3.0 or 3.1."""
    if "swagger" in value:
        said = "It is a document of Swagger 2. Convert it to OpenAPI 3.0 or 3.1 first."
        raise DocumentError("unsupported_version", "#/swagger", said)
    if "openapi" not in value:
        raise DocumentError("not_openapi", ROOT, "It does not say which version of openapi it is.")
    found = VERSION.fullmatch(str(value["openapi"]))
    if found is None:
        said = f"OpenAPI {str(value['openapi'])[:20]} can't be read, only 3.0 and 3.1."
        raise DocumentError("unsupported_version", "#/openapi", said)
    return found[1] == "0"

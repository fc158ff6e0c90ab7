"""Parameters and body of an operation become one JSON Schema of arguments. Pure.

Each argument has a place: where the request takes it, under which name there, and how it is
written. A name that two places have is written with its place before it, as ``query_id``.
"""

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from workflows.openapi.problems import DocumentError, DocumentProblem
from workflows.openapi.schemas import ARGUMENTS, SchemaReader
from workflows.openapi.spots import Spot
from workflows.openapi.styles import STYLES, parameter_style

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
FORMS = (FORM, MULTIPART)
JSON_KIND = re.compile(r"application/(?:[a-z0-9.+-]+\+)?json", re.I)
SUGGESTS_KEY = re.compile(r"(x-)?idempotency-?key", re.I)
# The specification says that parameters of these names are ignored.
IGNORED_HEADERS = {"accept", "content-type", "authorization"}
TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")  # a header's name (RFC 9110, 5.6.2)
# Headers that frame the request, lead it elsewhere or are set for each request.
RESERVED = {
    *("accept", "connection", "content-length", "content-type", "cookie", "expect", "forwarded"),
    *("host", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"),
}
ODD = re.compile(r"[^A-Za-z0-9_]+")
LONGEST_NAME = 60
MOST_ARGUMENTS = 200


@dataclass(frozen=True, slots=True)
class FoundArgument:
    """Argument of an operation. ``place`` is as the tool's settings have it."""

    name: str
    place: dict[str, Any]
    schema: Any
    is_required: bool


@dataclass(slots=True)
class FoundArguments:
    """Arguments of an operation, with the problems that keep it from being used."""

    found: list[FoundArgument] = field(default_factory=list)
    content_type: str = ""
    idempotency_header: str = ""
    problems: list[DocumentProblem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of all arguments."""
        names = self.names()
        made: dict[str, Any] = {
            "type": "object",
            "properties": {name: one.schema for name, one in zip(names, self.found, strict=True)},
            "additionalProperties": False,
        }
        required = [name for name, one in zip(names, self.found, strict=True) if one.is_required]
        return made | ({"required": required} if required else {})

    def places(self) -> dict[str, dict[str, Any]]:
        """Return the place of each argument by its name."""
        return {name: one.place for name, one in zip(self.names(), self.found, strict=True)}

    def names(self) -> list[str]:
        """Return the arguments' names, which expressions can read and no two of which are alike."""
        plain = [_plain_name(one.name) for one in self.found]
        often = Counter(plain)
        taken: set[str] = set()
        made: list[str] = []
        for name, one in zip(plain, self.found, strict=True):
            wanted = f"{one.place['in']}_{name}"[:LONGEST_NAME] if often[name] > 1 else name
            given, number = wanted, 2
            while given in taken or (given != name and given in often):
                given, number = f"{wanted}_{number}", number + 1
            taken.add(given)
            made.append(given)
        return made


def _plain_name(name: str) -> str:
    plain = ODD.sub("_", name).strip("_")[:LONGEST_NAME] or "argument"
    return f"_{plain}" if plain[0].isdigit() else plain


def is_free_header(name: str) -> bool:
    """Return whether a tool may fill a header of this name."""
    lower = name.lower()
    is_reserved = lower in RESERVED or lower.startswith(("proxy-", "sec-"))
    return bool(TOKEN.fullmatch(name)) and not is_reserved


def find_arguments(path: Spot, operation: Spot, template: list[str]) -> FoundArguments:
    """Return the arguments of an operation. ``template``: the names in its path."""
    made = FoundArguments()
    try:
        for parameter in _parameters(path, operation):
            try:
                _add_parameter(made, parameter)
            except DocumentError as error:
                made.problems.append(error.problem)
        _check_path(made, operation, template)
        _add_body(made, operation)
        if len(made.found) > MOST_ARGUMENTS:
            said = f"It takes more than {MOST_ARGUMENTS} arguments."
            raise DocumentError("too_large", operation.pointer, said)
    except DocumentError as error:
        made.problems.append(error.problem)
    return made


def _parameters(path: Spot, operation: Spot) -> list[Spot]:
    """Return the parameters of a path and an operation, whose own take the place of the path's."""
    found: dict[tuple[str, str], Spot] = {}
    for owner in (path, operation):
        for parameter in owner.items("parameters"):
            one = parameter.followed()
            found[one.text("in"), one.text("name")] = one
    return list(found.values())


def _add_parameter(made: FoundArguments, spot: Spot) -> None:
    where, name = spot.text("in"), spot.text("name")
    if where == "header" and name.lower() in IGNORED_HEADERS:
        return
    if where == "header" and SUGGESTS_KEY.fullmatch(name):
        made.idempotency_header = name  # set for each call, and no choice of a model
        return
    if where not in STYLES or not name or not _is_free(where, name):
        said = f"Its parameter {name or 'without a name'} stands in {where or 'no place'}, which "
        raise DocumentError("unsupported_parameter", spot.pointer, f"{said}can't be filled.")
    place: dict[str, Any] = {"in": where, "name": name}
    if spot.at("content").value is not None:
        schema = _content_schema(spot, name)
        place["style"] = "json"
    else:
        schema = SchemaReader(ARGUMENTS).read(_schema_of(spot))
        place["style"] = parameter_style(spot, where, name, schema)
    if isinstance(schema, dict) and (words := spot.text("description")):
        schema = {"description": words[:500]} | schema
    required = where == "path" or spot.at("required").value is True
    made.found.append(FoundArgument(name, place, schema, required))


def _is_free(where: str, name: str) -> bool:
    if where == "cookie":
        return bool(TOKEN.fullmatch(name))  # RFC 6265, 4.1.1
    return where != "header" or is_free_header(name)


def _schema_of(spot: Spot) -> Spot:
    found = spot.at("schema")
    if found.value is None:
        raise DocumentError("wrong_shape", spot.pointer, "It says neither schema nor content.")
    return found


def _content_schema(spot: Spot, name: str) -> Any:
    for kind, media in spot.members("content"):
        if JSON_KIND.fullmatch(kind):
            return SchemaReader(ARGUMENTS).read(_schema_of(media.followed()))
    said = f"Its parameter {name} is sent in a form other than JSON."
    raise DocumentError("unsupported_parameter", spot.pointer, said)


def _check_path(made: FoundArguments, operation: Spot, template: list[str]) -> None:
    """Raise DocumentError unless the path's names are the path parameters, each once."""
    given = {one.name for one in made.found if one.place["in"] == "path"}
    if made.problems:
        return
    if len(set(template)) < len(template) or given != set(template):
        odd = sorted(given ^ set(template)) or sorted(set(template))
        said = f"The path and its parameters don't fit each other: {', '.join(odd)[:200]}."
        raise DocumentError("path_parameter", operation.pointer, said)


# -- The body --------------------------------------------------------------------------------


def _add_body(made: FoundArguments, operation: Spot) -> None:
    body = operation.at("requestBody")
    if body.value is None:
        return
    body = body.followed()
    kinds = [kind for kind, _ in body.members("content")]
    if not kinds:
        said = "Its body has no content, so nobody knows what it takes."
        raise DocumentError("missing_body", body.pointer, said)
    chosen = _chosen_kind(kinds)
    if not chosen:
        said = f"Its body is {', '.join(kinds)[:200]}; only JSON and forms can be sent."
        raise DocumentError("unsupported_body", body.at("content").pointer, said)
    media = body.at("content", chosen).followed()
    if media.at("schema").value is None:
        raise DocumentError("missing_body", media.pointer, "Its body has no schema.")
    made.content_type = JSON if chosen == "*/*" else chosen.partition(";")[0].strip().lower()
    schema = SchemaReader(ARGUMENTS).read(media.at("schema"))
    if made.content_type == MULTIPART:
        schema = _without_files(made, media, schema)
    _add_fields(made, schema, is_required=body.at("required").value is True)
    if made.content_type in FORMS and any(one.place["in"] == "whole" for one in made.found):
        said = "Its form is no object with plain fields."
        raise DocumentError("unsupported_body", media.pointer, said)


def _chosen_kind(kinds: list[str]) -> str:
    """Return the kind of body to send of those a document takes; empty where none can be."""
    plain = {kind: kind.partition(";")[0].strip().lower() for kind in kinds}
    found = [kind for kind in kinds if JSON_KIND.fullmatch(plain[kind])]
    found += [
        kind for wanted in (FORM, MULTIPART, "*/*") for kind in kinds if plain[kind] == wanted
    ]
    return found[0] if found else ""


def _without_files(made: FoundArguments, media: Spot, schema: Any) -> Any:
    """Return a form's schema without the fields that hold files, which are noted.

    Raises DocumentError where the form needs one of them.
    """
    fields = media.at("schema").followed().members("properties")
    files = {name for name, one in fields if _is_file(one.followed().value)}
    if not files:
        return schema
    if needed := sorted(files & set(schema.get("required", []))):
        said = f"Its form needs a file in {', '.join(needed)[:200]}, and no file can be sent."
        raise DocumentError("unsupported_body", media.pointer, said)
    made.notes.append(f"No file can be sent, so its form has no {', '.join(sorted(files))[:200]}.")
    kept = {name: one for name, one in schema["properties"].items() if name not in files}
    return schema | {"properties": kept}


def _is_file(value: Any) -> bool:
    """Whether a schema describes a file: in the words of OpenAPI 3.0, or of 3.1."""
    if not isinstance(value, dict):
        return False
    inner = value.get("items") if value.get("type") == "array" else None
    is_binary = value.get("format") in ("binary", "byte")
    return is_binary or "contentMediaType" in value or (inner is not None and _is_file(inner))


def _add_fields(made: FoundArguments, schema: Any, *, is_required: bool) -> None:
    """Add each field of a body as an argument, or the body as one where it has no plain fields."""
    merged = _merged(schema)
    if merged is None or (merged.get("required") and not is_required):
        made.found.append(FoundArgument("body", {"in": "whole"}, schema, is_required))
        return
    required = merged.get("required", [])
    for name, one in merged["properties"].items():
        place = {"in": "body", "name": name}
        made.found.append(FoundArgument(name, place, one, name in required))


def _merged(schema: Any) -> dict[str, Any] | None:
    """Return an object's schema with the properties of its ``allOf``; None for any other."""
    if not isinstance(schema, dict) or schema.keys() & {"anyOf", "oneOf", "not", "if", "const"}:
        return None
    parts = schema.get("allOf", [])
    found = [_merged(one) for one in parts] if isinstance(parts, list) else [None]
    if any(one is None for one in found):
        return None
    own = schema.get("properties", {})
    if schema.get("type", "object") != "object" or not isinstance(own, dict):
        return None
    properties: dict[str, Any] = {}
    required: list[str] = []
    for one in (*found, schema):
        assert one is not None
        for name, inner in one.get("properties", {}).items():
            if properties.get(name, inner) != inner:
                return None  # two parts say different things of one field
            properties[name] = inner
        given = one.get("required", [])
        required += given if isinstance(given, list) else []
    if not properties or any(name not in properties for name in required):
        return None
    # What holds for the object as a whole can't be said of its fields.
    if schema.keys() & {"minProperties", "patternProperties", "dependentRequired"}:
        return None
    return {"properties": properties, "required": list(dict.fromkeys(required))}

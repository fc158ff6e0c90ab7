"""Questions that an MCP server asks a person in the middle of a call, as forms. Pure.

Their words are the server's: foreign, whatever they claim. A model never answers one.
"""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from approvals.rules import schema_validation
from tenants.errors import Invalid
from workflows.exceptions.causes import Cause
from workflows.tools import ToolAsks, ToolFailed, bodies

MOST_QUESTIONS, MOST_FIELDS, MOST_OPTIONS = 5, 20, 100
LONGEST_WORDS = 2_000  # characters of a message, a title or a description
LONGEST_NUMBER = 60  # characters of a number that is typed
LONGEST_STATE = 64 * 1024  # characters that the server gets back untouched
FORM = "elicitation/create"
REFUSED = {
    "sampling/createMessage": "a model's answer (sampling)",
    "roots/list": "our files (roots)",
}
URL_MODE = "a person to open an address (URL mode)"
# Names and titles of fields, as "apiKey", in which a server would be given a credential.
CREDENTIAL = re.compile(
    r"(?i)(pass(word|phrase|code)|\bsecrets?\b|credential|\bpin\b|one.?time.?code|\botp\b|"
    r"(api|access|private|security).?(key|token)|\btokens?\b|card.?(number|code)|\bcv[cv]\b)"
)
UNKEPT = re.compile(r"[\x00\ud800-\udfff]")
WORD_ENDS = re.compile(r"(?<=[a-z])(?=[A-Z])|[_\W]+")
CREDENTIAL_WANTED = "It asked a person for a password or a key, which no server gets in a form."
KINDS = ("string", "number", "integer", "boolean", "array")
ACCEPT, DECLINE = "accept", "decline"


@dataclass(frozen=True, slots=True)
class QuestionField:
    """Field of a question's form. ``options`` are values with their labels, for a choice.

    ``type`` is the JSON type of its value, and of each of a list.
    """

    key: str
    label: str
    help: str
    kind: str
    is_required: bool
    options: tuple[tuple[str, str], ...] = ()
    initial: str = ""
    type: str = "string"

    @property
    def name(self) -> str:
        """Return the name of the field in the form that is posted."""
        return f"answer-{self.key}"


@dataclass(frozen=True, slots=True)
class ServerQuestion:
    """Question of a server: its words, and the fields of its form."""

    key: str
    message: str
    fields: tuple[QuestionField, ...]
    schema: Mapping[str, Any]


def asked_question(result: Mapping[str, Any], server: str) -> ToolAsks:
    """Return what is raised for a result that asks a person.

    Raises ToolFailed where it asks for what no server gets here, or for more than is shown.
    """
    asked = result.get("inputRequests") or {}
    for one in asked.values():
        method, params = one.get("method", ""), one.get("params") or {}
        wanted = REFUSED.get(method, "")
        if method == FORM and params.get("mode", "form") != "form":
            wanted = URL_MODE
        if wanted or method != FORM:
            said = f"It asked for {wanted or 'what is not known here'}, which no server gets here."
            raise ToolFailed(said, cause=Cause.TOOL)
        if _asks_for_credential(params.get("requestedSchema")):
            raise ToolFailed(CREDENTIAL_WANTED, cause=Cause.TOOL)
    state = result.get("requestState")
    kept = {key: _kept(one["params"]) for key, one in asked.items()}
    try:
        if len(str(state or "")) > LONGEST_STATE or len(kept) > MOST_QUESTIONS:
            raise Invalid("It asks more than is shown to a person.", code="bad_settings")
        for question in questions_in(kept):
            _check_answerable(question.schema)
        _check_keepable({"state": state, "questions": kept})
    except (Invalid, KeyError, TypeError, ValueError, AttributeError) as error:
        said = "It asked a person in a form that can't be shown."
        raise ToolFailed(said, cause=Cause.TOOL) from error
    return ToolAsks(f"{server} asks something before it goes on.", kept, state)


def _check_keepable(value: Any) -> None:
    """Raise ValueError for what can't be kept as it is, or given back untouched."""
    bodies.parse_body(json.dumps(value, ensure_ascii=False))


def _asks_for_credential(schema: Any) -> bool:
    """Return whether a form has a field for a password, a key or the like.

    No server may ask for one in a form: MCP 2026-07-28, elicitation.
    """
    asked = schema if isinstance(schema, dict) else {}
    properties, required = asked.get("properties"), asked.get("required")
    # A field that must be filled in may have no shape at all.
    fields = {str(name): None for name in (required if isinstance(required, list) else ())}
    fields |= properties if isinstance(properties, dict) else {}
    return any(
        CREDENTIAL.search(WORD_ENDS.sub(" ", str(said)))
        for name, shape in fields.items()
        for said in (name, shape.get("title", "") if isinstance(shape, dict) else "")
    )


def _kept(params: Mapping[str, Any]) -> dict[str, Any]:
    return {"message": params.get("message", ""), "schema": params.get("requestedSchema", {})}


def questions_in(asked: Mapping[str, Any]) -> list[ServerQuestion]:
    """Return the questions that a call keeps. Raises Invalid for a form that can't be shown."""
    return [_question(str(n), key, one) for n, (key, one) in enumerate(asked.items())]


def _question(number: str, key: str, one: Mapping[str, Any]) -> ServerQuestion:
    schema, message = one["schema"], _words(one["message"])
    schema_validation.check(schema)
    properties, required = _properties(schema), schema.get("required", [])
    if len(properties) > MOST_FIELDS:
        raise Invalid("It has more fields than are shown.", code="bad_settings")
    fields = tuple(
        _field(f"{number}-{n}", name, shape, is_required=name in required)
        for n, (name, shape) in enumerate(properties.items())
    )
    return ServerQuestion(key, message, fields, schema)


def _properties(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return a form’s fields with their shapes. One that must be filled in may lack its own."""
    shaped, other = schema.get("properties", {}), schema.get("additionalProperties")
    shape = other if isinstance(other, dict) else {}
    bare = [name for name in schema.get("required", []) if name not in shaped]
    return {**shaped, **dict.fromkeys(bare, shape)}


def _check_answerable(schema: Mapping[str, Any]) -> None:
    """Raise Invalid for a form that wants a field and forbids it, so that no answer would fit."""
    fields = _properties(schema).keys() - schema.get("properties", {}).keys()
    if fields and schema.get("additionalProperties") is False:
        raise Invalid("It wants a field that it forbids.", code="bad_settings")


def _field(key: str, name: str, shape: Mapping[str, Any], *, is_required: bool) -> QuestionField:
    kind = str(shape.get("type", "string"))
    if kind not in KINDS:
        raise Invalid("A field of it is of no kind that is shown.", code="bad_settings")
    choices = shape.get("items", {}) if kind == "array" else shape
    options = _options(choices)
    if kind == "array" and not options:
        raise Invalid("A list of it has no choices.", code="bad_settings")
    initial = shape.get("default")
    return QuestionField(
        key=key,
        label=_words(shape.get("title") or name),
        help=_words(shape.get("description", "")),
        kind="choices" if kind == "array" else "choice" if options else kind,
        is_required=is_required,
        options=options,
        initial="" if initial is None or isinstance(initial, list) else str(initial)[:200],
        type=str(choices.get("type", "string")),
    )


def _options(shape: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    titled = shape.get("oneOf") or shape.get("anyOf") or []
    found = [(str(one["const"]), _words(one.get("title") or one["const"])) for one in titled]
    values = shape.get("enum") or []
    names = shape.get("enumNames") or values
    found += [(str(value), _words(name)) for value, name in zip(values, names, strict=True)]
    if len(found) > MOST_OPTIONS:
        raise Invalid("It has more choices than are shown.", code="bad_settings")
    return tuple(found)


def _words(said: Any) -> str:
    text = str(said)
    if len(text) > LONGEST_WORDS or "\x00" in text:
        raise Invalid("Its words are longer than is shown.", code="bad_settings")
    return text


def read_answers(asked: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a person answers, by the key of each question. Raises Invalid for a misfit.

    ``given`` are the posted fields, each a text or a list of texts.
    """
    found: dict[str, Any] = {}
    for question in questions_in(asked):
        names = list(_properties(question.schema))
        content = {
            name: value
            for name, one in zip(names, question.fields, strict=True)
            if (value := _value(one, given.get(one.name))) is not None
        }
        problem = next(schema_validation.errors(question.schema, content, formats=True), None)
        if problem is not None:
            where = ".".join(map(str, problem.absolute_path))
            raise Invalid(f"{where}: {problem.message}".lstrip(": "), code="bad_value")
        found[question.key] = {"action": ACCEPT, "content": content}
    return found


def _value(one: QuestionField, given: Any) -> Any:
    """Return a posted field in its kind; None where it was left empty."""
    if one.kind == "choices":
        texts = [given] if isinstance(given, str) else list(given or ())
        return [_typed(one, str(text)) for text in texts] or ([] if one.is_required else None)
    text = str((given[0] if isinstance(given, list) and given else given) or "").strip()
    if one.kind == "boolean":
        return text in ("on", "true", "1")
    return _typed(one, text) if text else None


def _typed(one: QuestionField, text: str) -> Any:
    """Return what was written or chosen as a value of the field's type."""
    if one.type == "boolean":
        return text == "True"
    if one.type not in ("number", "integer"):
        if UNKEPT.search(text):
            said = f"{one.label}: it holds a character that can't be kept."
            raise Invalid(said, code="bad_value")
        return text
    try:
        found = int(text) if one.type == "integer" else float(text)
        if len(text) <= LONGEST_NUMBER and math.isfinite(found):
            return found
    except (ValueError, OverflowError):
        pass
    raise Invalid(f"{one.label}: write a number.", code="bad_value")


def declined(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answers of a person who does not want to answer."""
    return {key: {"action": DECLINE} for key in asked}

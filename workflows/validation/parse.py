"""Parsing of definitions from YAML: whole, or repaired as far as the shape allows."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from pydantic import BaseModel, ValidationError

from workflows.definitions.definition import Definition, Step
from workflows.definitions.partial import Repairs, repaired
from workflows.definitions.problems import DefinitionError, Path, Places, Problem, read_yaml
from workflows.definitions.schema import Head, StepHead
from workflows.steps import step_kinds

MOST_STEPS = 200
MOST_REPAIRED = 100  # with more problems of shape, those alone are shown
HEADS = {field.alias or name for name, field in StepHead.model_fields.items()}


@dataclass(frozen=True, slots=True)
class ReadDefinition:
    """Definition as far as a text can be read. ``definition`` is None where its shape is wrong.

    ``repaired`` is the part that can be checked, None where too little is left. ``is_real`` tells
    whether a problem of that part is the text's own.
    """

    problems: list[Problem]
    places: Places
    definition: Definition | None = None
    repaired: Definition | None = None
    is_real: Callable[[Problem], bool] = lambda problem: True


def parse(text: str) -> tuple[Definition, Places]:
    """Return a text's definition and places. Raises DefinitionError with all problems of shape."""
    found = read(text)
    if found.definition is None:
        raise DefinitionError(found.problems)
    return found.definition, found.places


def read(text: str) -> ReadDefinition:
    """Read a definition as far as its shape allows. Raises DefinitionError where it is no YAML."""
    value, places = read_yaml(text)
    if places.has("on") and "on" not in value:  # YAML 1.1 reads a bare "on" as true
        value["on"] = value.pop(True)  # type: ignore[call-overload]
    problems = list(places.repeated)
    steps_value = value.pop("steps", None)
    head = _typed(Head, value, (), problems)
    steps = _steps(steps_value, problems)
    if not problems and head is not None:
        definition = Definition(head, tuple(steps))
        return ReadDefinition([], places, definition, definition)
    placed = [places.place(problem) for problem in problems]
    if len(problems) > MOST_REPAIRED:
        return ReadDefinition(placed, places)
    repairs = Repairs()
    part = _repaired_definition(value, steps_value, repairs)
    return ReadDefinition(placed, places, None, part, repairs.is_real)


def _repaired_definition(value: Any, steps_value: Any, repairs: Repairs) -> Definition | None:
    """Return the part of a wrong definition that can be checked; None where too little is left."""
    head = repaired(Head, value, (), repairs)
    if head is None or not isinstance(steps_value, list) or len(steps_value) > MOST_STEPS:
        return None
    return Definition(
        head, tuple(_repaired_step(raw, n, repairs) for n, raw in enumerate(steps_value))
    )


def _repaired_step(raw: Any, index: int, repairs: Repairs) -> Step:
    """Return a repaired step; of kind "", which is not checked, where its own can't be read."""
    path: Path = ("steps", index)
    given = raw if isinstance(raw, dict) else {}
    named = [key for key in given if key in step_kinds()]
    kind = named[0] if len(named) == 1 else ""
    heads = {k: v for k, v in given.items() if k != kind and (kind or k in HEADS)}
    head = repaired(StepHead, heads, path, repairs)
    settings = (
        repaired(step_kinds()[kind].Settings, given[kind], (*path, kind), repairs) if kind else None
    )
    if head and settings:
        return Step(head, kind, settings)
    repairs.note_removed(path, given.get("name", ""))
    return Step(head or StepHead(name=f"unnamed_{index}"), "", None)


@lru_cache(maxsize=512)
def parse_published(text: str) -> Definition:
    """Return a published definition, which was checked then; parsed once a process."""
    return parse(text)[0]


def _steps(value: Any, problems: list[Problem]) -> list[Step]:
    if not isinstance(value, list) or not value:
        problems.append(Problem(("steps",), "A workflow needs a list of steps."))
        return []
    if len(value) > MOST_STEPS:
        problems.append(Problem(("steps",), f"A workflow has {MOST_STEPS} steps at most."))
        return []
    found = [_step(raw, ("steps", index), problems) for index, raw in enumerate(value)]
    return [step for step in found if step is not None]


def _step(raw: Any, path: Path, problems: list[Problem]) -> Step | None:
    if not isinstance(raw, dict):
        problems.append(Problem(path, "A step is a mapping with a name and a kind."))
        return None
    named = [key for key in raw if key in step_kinds()]
    if len(named) != 1:
        listed = ", ".join(sorted(step_kinds()))
        problems.append(Problem(path, f"A step has exactly one of: {listed}."))
        return None
    kind = named[0]
    head = _typed(StepHead, {k: v for k, v in raw.items() if k != kind}, path, problems)
    settings = _typed(step_kinds()[kind].Settings, raw[kind], (*path, kind), problems)
    return Step(head, kind, settings) if head and settings is not None else None


def _typed[M: BaseModel](
    model: type[M], value: Any, path: Path, problems: list[Problem]
) -> M | None:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        for detail in error.errors():
            place = (*path, *(part for part in detail["loc"] if part != "if_"))
            problems.append(Problem(place, _message(detail)))
        return None


def _message(detail: Any) -> str:
    match detail["type"]:
        case "extra_forbidden":
            return "There is no such setting here."
        case "missing":
            return "This is needed."
        case "value_error":
            said = str(detail["ctx"]["error"])
            return f"{said[0].upper()}{said[1:].removesuffix('.')}."
    return str(detail["msg"]) + "."

"""From YAML text to a checked ``Definition``: whole, or not at all."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from pydantic import BaseModel, ValidationError

from workflows.definitions.problems import DefinitionError, Path, Places, Problem, read_yaml
from workflows.definitions.schema import Head, StepHead
from workflows.steps import kinds

MOST_STEPS = 200


@dataclass(frozen=True, slots=True)
class Step:
    """One step: its head, its kind's name and that kind's typed settings."""

    head: StepHead
    kind: str
    settings: Any

    @property
    def name(self) -> str:
        """How other steps call it."""
        return self.head.name


@dataclass(frozen=True, slots=True)
class Definition:
    """A workflow version's definition, typed."""

    head: Head
    steps: tuple[Step, ...]

    def step(self, name: str) -> Step:
        """The step called ``name``. Raises KeyError."""
        for step in self.steps:
            if step.name == name:
                return step
        raise KeyError(name)

    def of_kind(self, kind: str) -> list[Step]:
        """The steps of one kind, in order."""
        return [step for step in self.steps if step.kind == kind]


def parse(text: str) -> tuple[Definition, Places]:
    """Read a definition. Raises DefinitionError with every shape that is wrong."""
    value, places = read_yaml(text)
    if places.has("on") and "on" not in value:  # YAML 1.1 takes a bare "on" for true
        value["on"] = value.pop(True)  # type: ignore[call-overload]
    problems: list[Problem] = []
    steps_value = value.pop("steps", None)
    head = _typed(Head, value, (), problems)
    steps = _steps(steps_value, problems)
    if problems or head is None:
        raise DefinitionError(places.place(problem) for problem in problems)
    return Definition(head, tuple(steps)), places


@lru_cache(maxsize=512)
def parse_published(text: str) -> Definition:
    """A definition that was checked when it was published; parsed once a process."""
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
    named = [key for key in raw if key in kinds()]
    if len(named) != 1:
        listed = ", ".join(sorted(kinds()))
        problems.append(Problem(path, f"A step has exactly one of: {listed}."))
        return None
    kind = named[0]
    head = _typed(StepHead, {k: v for k, v in raw.items() if k != kind}, path, problems)
    settings = _typed(kinds()[kind].Settings, raw[kind], (*path, kind), problems)
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

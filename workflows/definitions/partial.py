"""Repairs of a wrong definition, so that all its problems can be shown at once.

A part with a wrong shape is removed or replaced by a stand-in, and the rest is checked as a
whole. A problem at a repaired place, or about a name that was removed with it, is not shown.
"""

import copy
import re
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ValidationError

from workflows.definitions.problems import Path, Problem

ROUNDS = 6
# Stand-ins for a missing value, in the order in which they are tried.
STAND_INS: tuple[Any, ...] = ("unnamed", "read_only", {"why": "unnamed"}, {}, [], 1)


@dataclass
class Repairs:
    """Record of what was removed: places, names, and the items left of each list, by number."""

    places: set[Path] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    left: dict[Path, list[int]] = field(default_factory=dict)

    def original(self, path: Path) -> Path:
        """Return a place of the repaired definition as a place in the text."""
        found: Path = ()
        for part in path:
            kept = self.left.get(found)
            if kept is not None and isinstance(part, int) and part < len(kept):
                part = kept[part]
            found = (*found, part)
        return found

    def is_real(self, problem: Problem) -> bool:
        """Whether a problem is the text's own, not one that the repairs made."""
        path = problem.path
        if any(path[: len(one)] == one or one[: len(path)] == path for one in self.places):
            return False
        return not any(
            re.search(rf"(?<![\w-]){re.escape(n)}(?![\w-])", problem.message) for n in self.names
        )

    def note_removed(self, path: Path, value: Any) -> None:
        """Note a removed place and its names; for a wrong ``for_each``, the whole step."""
        self.places.add(path[:2] if "for_each" in path else path)
        self.names |= set(_texts(value))
        if path[:-1] == ("schemas",):
            self.names.add(str(path[-1]))


def repaired[M: BaseModel](model: type[M], value: Any, path: Path, repairs: Repairs) -> M | None:
    """Return a value as a model after removing what does not fit; None where that fails."""
    value = copy.deepcopy(value)
    for _ in range(ROUNDS):
        try:
            return model.model_validate(value)
        except ValidationError as error:
            places = [_place(value, detail) for detail in error.errors()]
        # Later items first, so that the numbers of earlier items stay the same.
        for place in sorted(set(places), key=lambda one: [str(part).zfill(6) for part in one])[
            ::-1
        ]:
            if not place or not _remove(model, value, place, path, repairs):
                return None
    return None


def _place(value: Any, detail: Any) -> Path:
    """Return the place of a validation error, as far as the value has it."""
    place: Path = ()
    for part in detail["loc"]:
        inner = value.get(part) if isinstance(value, dict) else None
        if isinstance(value, list) and isinstance(part, int) and part < len(value):
            inner = value[part]
        elif not isinstance(value, dict) or part not in value:
            return (*place, part) if detail["type"] == "missing" else place
        place, value = (*place, part), inner
    return place


def _remove(model: type[BaseModel], value: Any, place: Path, path: Path, repairs: Repairs) -> bool:
    inside = value
    for part in place[:-1]:
        inside = inside[part]
    last = place[-1]
    where = repairs.original((*path, *place))
    if isinstance(inside, list):
        assert isinstance(last, int)
        repairs.note_removed(where, inside[last])
        kept = repairs.left.setdefault(
            repairs.original((*path, *place[:-1])), [*range(len(inside))]
        )
        del inside[last], kept[last]
        return True
    repairs.note_removed(where, inside.pop(last, None))
    return _fits(model, value, place) or any(
        _fits(model, value, place, inside, stand_in) for stand_in in STAND_INS
    )


def _fits(
    model: type[BaseModel], value: Any, place: Path, inside: Any = None, stand_in: Any = None
) -> bool:
    """Whether a place has no error any more, with ``stand_in`` put there if ``inside`` is given."""
    if inside is not None:
        inside[place[-1]] = copy.deepcopy(stand_in)
    try:
        model.model_validate(value)
    except ValidationError as error:
        return all(detail["loc"][: len(place)] != place for detail in error.errors())
    return True


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value] if 1 < len(value) <= 60 else []
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for one in inner for text in _texts(one)]

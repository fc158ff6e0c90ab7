"""A value of an OpenAPI document and its place, from which ``$ref`` is followed. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import unquote

from workflows.openapi.document import ROOT, ApiDocument
from workflows.openapi.problems import DocumentError, pointer_to

MOST_REFERENCES = 60  # references that lead to one value, one after another


@dataclass(frozen=True, slots=True)
class Spot:
    """Value of a document with its pointer. ``trail``: the references by which it was reached."""

    document: ApiDocument
    value: Any
    pointer: str = ROOT
    trail: tuple[str, ...] = ()

    def at(self, *names: str | int) -> Self:
        """Return the spot of a value inside this one; its value is None where there is none."""
        value = self.value
        for name in names:
            value = _inside(value, name)
        return type(self)(self.document, value, pointer_to(self.pointer, *names), self.trail)

    def members(self, *names: str | int) -> Iterator[tuple[str, Self]]:
        """Yield the names and spots of an object's members. Raises DocumentError for no object."""
        spot = self.at(*names).followed() if names else self
        if spot.value is None:
            return
        if not isinstance(spot.value, dict):
            raise DocumentError("wrong_shape", spot.pointer, "An object belongs here.")
        for name in spot.value:
            self.document.visit(spot.pointer)
            yield name, spot.at(name)

    def items(self, *names: str | int) -> Iterator[Self]:
        """Yield the spots of a list's items. Raises DocumentError for no list."""
        spot = self.at(*names).followed() if names else self
        if spot.value is None:
            return
        if not isinstance(spot.value, list):
            raise DocumentError("wrong_shape", spot.pointer, "A list belongs here.")
        for index in range(len(spot.value)):
            self.document.visit(spot.pointer)
            yield spot.at(index)

    def text(self, *names: str | int) -> str:
        """Return the text inside this value; empty where there is none."""
        found = self.at(*names).value
        return found if isinstance(found, str) else ""

    @property
    def reference(self) -> str | None:
        """Return the ``$ref`` of an object; None without one."""
        found = self.value.get("$ref") if isinstance(self.value, dict) else None
        return found if isinstance(found, str) else None

    def followed(self) -> Self:
        """Return the spot that this one's ``$ref`` leads to; itself without one.

        Raises DocumentError for a reference out of the document, to nothing or in a circle.
        """
        spot = self
        while (reference := spot.reference) is not None:
            spot = spot._target(reference)
        return spot

    def _target(self, reference: str) -> Self:
        place = pointer_to(self.pointer, "$ref")
        self.document.visit(place)
        if not reference.startswith(ROOT):
            said = f"$ref leads out of the document, to “{reference[:200]}”. Put it inside."
            raise DocumentError("external_ref", place, said)
        if reference in self.trail:
            said = f"$ref leads in a circle, back to {reference[:200]}."
            raise DocumentError("circular_ref", place, said)
        if len(self.trail) >= MOST_REFERENCES:
            raise DocumentError("too_deep", place, "Too many $ref lead from one to the next.")
        names = [
            unquote(name).replace("~1", "/").replace("~0", "~")
            for name in reference.removeprefix(ROOT).split("/")[1:]
        ]
        value = self.document.value
        for name in names:
            value = _inside(
                value, int(name) if isinstance(value, list) and _is_index(name) else name
            )
        if value is None or (reference != ROOT and not reference.startswith("#/")):
            said = f"$ref leads to {reference[:200]}, where nothing is."
            raise DocumentError("missing_ref", place, said)
        return type(self)(self.document, value, pointer_to(ROOT, *names), (*self.trail, reference))


def _is_index(name: str) -> bool:
    return name.isascii() and name.isdigit() and len(name) < 7


def _inside(value: Any, name: str | int) -> Any:
    if isinstance(value, dict):
        return value.get(name)
    if isinstance(value, list) and isinstance(name, int) and name < len(value):
        return value[name]
    return None

"""Functions that an agent may call so that its model need not guess: one module a family. Pure.

A module has ``FUNCTIONS``, by the names that definitions use.
"""

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any


@dataclass(frozen=True, slots=True)
class BusinessFacts:
    """Facts of the business that functions may need: its working days (0 is Monday) and its day."""

    working_days: tuple[int, ...]
    today: date
    locale: str = "en_US"


@dataclass(frozen=True, slots=True)
class Function:
    """Function with what a model is told of it. ``compute`` raises Invalid for odd arguments.

    ``properties`` are those of the JSON Schema of its arguments, all of which are required.
    """

    about: str
    properties: dict[str, Any]
    compute: Callable[[dict[str, Any], BusinessFacts], dict[str, Any]]

    @property
    def shape(self) -> dict[str, Any]:
        """The JSON Schema of its arguments."""
        return {
            "type": "object",
            "required": list(self.properties),
            "properties": self.properties,
            "additionalProperties": False,
        }


@cache
def functions() -> dict[str, Function]:
    """Return every function by its name."""
    names = [f"{__name__}.{info.name}" for info in pkgutil.iter_modules(__path__)]
    modules = [importlib.import_module(name) for name in names]
    return {name: one for module in modules for name, one in module.FUNCTIONS.items()}

"""Step kinds: one file a kind. Adding a file registers it.

A kind's module has ``NAME``, ``EFFECT`` (for the ladder), ``Settings`` (pydantic),
``check`` (problems beyond shape), ``expressions`` (the CEL in its settings) and
``begin``, which does the step's inside half and says how it goes on.
"""

import importlib
import pkgutil
from functools import cache
from typing import Any


@cache
def step_kinds() -> dict[str, Any]:
    """Every kind's module by the name definitions use."""
    names = [f"{__name__}.{info.name}" for info in pkgutil.iter_modules(__path__)]
    modules = [importlib.import_module(name) for name in names]
    # Whole or not at all: threads must never see half of the kinds.
    return {module.NAME: module for module in modules if hasattr(module, "NAME")}

"""Step kinds: one module a kind, registered by being in this package.

A kind's module has ``NAME``, ``EFFECT`` (for the ladder), ``Settings`` (pydantic), ``check``
(problems beyond shape), ``expressions_in`` (the CEL in its settings) and ``begin``, which does
the step's work inside the transaction and returns how the step goes on. Its docstring's first
paragraph and the docstrings of its settings are published in the JSON Schema of definitions.
"""

import importlib
import pkgutil
from functools import cache
from typing import Any


@cache
def step_kinds() -> dict[str, Any]:
    """Return every kind's module by the name that definitions use."""
    names = [f"{__name__}.{info.name}" for info in pkgutil.iter_modules(__path__)]
    modules = [importlib.import_module(name) for name in names]
    # Returned whole, not filled step by step: a thread must never see half of the kinds.
    return {module.NAME: module for module in modules if hasattr(module, "NAME")}

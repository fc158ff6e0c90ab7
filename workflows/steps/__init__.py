"""Step kinds: one file a kind. Adding a file registers it.

A kind's module has ``NAME``, ``EFFECT`` (for the ladder), ``Settings`` (pydantic),
``check`` (problems beyond shape), ``expressions`` (the CEL in its settings) and
``begin``, which does the step's inside half and says how it goes on.
"""

import importlib
import pkgutil
from typing import Any

_kinds: dict[str, Any] = {}


def kinds() -> dict[str, Any]:
    """Every kind's module by the name definitions use."""
    if not _kinds:
        for info in pkgutil.iter_modules(__path__):
            module = importlib.import_module(f"{__name__}.{info.name}")
            if hasattr(module, "NAME"):
                _kinds[module.NAME] = module
    return _kinds

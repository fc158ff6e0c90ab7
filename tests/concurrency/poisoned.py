"""A Celery worker on which some runs are poison: they break our own code.

TRIES=/tmp/tries python -m tests.concurrency.poisoned -A …
"""

import os
from pathlib import Path
from typing import Any

from tests.concurrency.crashing import run_celery

POISON = "poison"


def patch() -> None:
    """Let the retrieve step fail, as no code of ours should, where the message says so."""
    from workflows.steps import kinds

    kind: Any = kinds()["retrieve"]
    begin = kind.begin

    def begun(context: Any, step: Any) -> Any:
        if context.run.input["message"] == POISON:
            with Path(os.environ["TRIES"]).open("a") as tries:
                tries.write(f"{context.run.pk}\n")
            raise ZeroDivisionError("poison")
        return begin(context, step)

    kind.begin = begun


if __name__ == "__main__":
    run_celery(patch)

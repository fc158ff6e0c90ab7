"""A Celery worker on which some runs are poison: they break our own code.

TRIES=/tmp/tries python -m tests.concurrency.poisoned -A …
"""

import os
from pathlib import Path
from typing import Any

from tests.concurrency.crashing import run_celery

POISON = "poison"


def patch() -> None:
    """Let the engine fail, as no code of ours should, where the message says so.

    What a step raises would be that step's failure.
    """
    from workflows.engine.advance import for_each

    go_on = for_each.continue_each

    def poisonous(context: Any) -> Any:
        if context.run.input["message"] == POISON:
            with Path(os.environ["TRIES"]).open("a") as tries:
                tries.write(f"{context.run.pk}\n")
            raise ZeroDivisionError("poison")
        return go_on(context)

    for_each.continue_each = poisonous


if __name__ == "__main__":
    run_celery(patch)

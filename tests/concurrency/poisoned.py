"""A Celery worker on which some runs are poison: they break our own code.

TRIES=/tmp/tries python -m tests.concurrency.poisoned -A …
"""

import os
import sys
from pathlib import Path
from typing import Any

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
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    import django

    django.setup()
    patch()
    from celery.__main__ import main

    sys.argv[0] = "celery"
    main()

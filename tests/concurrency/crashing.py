"""A Celery worker that kills itself once at a named place, then leaves a mark.

    CRASH_AT=tool.after_call CRASH_MARK=/tmp/mark python -m tests.concurrency.crashing -A …

It patches the engine's own functions, so that the product needs no seam for it.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

AT = os.environ.get("CRASH_AT", "")
MARK = Path(os.environ.get("CRASH_MARK", "/nonexistent"))


def die(place: str) -> None:
    """End like a power cut where this is the place and it did not happen before."""
    if place == AT and not MARK.exists():
        MARK.touch()
        os.kill(os.getpid(), signal.SIGKILL)


def patch() -> None:
    """Wrap the places."""
    from audit import tasks
    from audit.worker import inflight, loop
    from workflows.engine.calls import jobs

    for kind, job in (("model", jobs.ModelJob), ("tool", jobs.ToolJob)):
        _around(job, f"{kind}.before_call", f"{kind}.after_call")
    launch = inflight.launch

    def launched(job: Any, then: Any, topic: str = "") -> None:
        def landed(landed: list[Any]) -> None:
            then(landed)
            model = isinstance(landed[0].job, jobs.ModelJob)
            die("model.after_commit" if model else "tool.after_commit")

        launch(job, landed, topic)

    inflight.launch = launched
    begin, work = loop.begin, tasks.outbox.work_batch
    has_begun = threading.Event()

    def begun(claim_rows: Any) -> Any:
        batch = begin(claim_rows)
        if batch.done:
            has_begun.set()
        return batch

    def worked() -> bool:
        is_more_ready = work()
        if has_begun.is_set():
            die("before_ack")
        return is_more_ready

    loop.begin, tasks.outbox.work_batch = begun, worked


def _around(job: Any, before: str, after: str) -> None:
    original = job.perform

    async def wrapped(self: Any) -> Any:
        die(before)
        result = await original(self)
        die(after)
        return result

    job.perform = wrapped


def run_celery(patch: Callable[[], None]) -> None:
    """Become Celery with the arguments of this process, patched first."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    import django

    django.setup()
    patch()
    from celery.__main__ import main

    sys.argv[0] = "celery"
    main()


if __name__ == "__main__":
    run_celery(patch)

"""References as Celery tasks: a no-op, and the bare lane. Settings as in portal/celery.py."""

import os
import threading

from celery import Celery
from kombu import Queue

from tests.benchmarks.bare import Lane, lane

app = Celery("bare")
app.config_from_object(
    {
        "broker_url": os.environ.get("BARE_BROKER", ""),
        "task_default_queue": "bare",
        "task_queues": [Queue("bare", routing_key="bare")],
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
        "worker_prefetch_multiplier": 1,
        "task_ignore_result": True,
        "broker_connection_retry_on_startup": True,
        "broker_transport_options": {"visibility_timeout": 600, "socket_timeout": 5},
        "worker_hijack_root_logger": False,
        "worker_send_task_events": False,
    }
)
_own = threading.local()


def _lane() -> Lane:
    if not hasattr(_own, "lane"):
        _own.lane = lane(os.environ["BARE_URL"], int(os.environ["BARE_PORT"]))
    return _own.lane


@app.task(name="bare.nothing")
def nothing() -> None:
    """Do nothing."""


@app.task(name="bare.draft")
def draft(run: int) -> None:
    """The lane up to its wait."""
    _lane().draft(run)


@app.task(name="bare.act")
def act(run: int) -> None:
    """The lane after its decision."""
    _lane().act(run)

"""Celery app: its messages only wake workers; every job is a row of the outbox."""

import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging, worker_ready, worker_shutdown, worker_shutting_down
from django.conf import settings
from kombu import Queue  # type: ignore[attr-defined]

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

# Django's checks query the database, so a worker could not start while the database is down.
# `up`, `doctor` and every management command run them instead.
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")

app = Celery("handrail")
app.config_from_object(
    {
        "broker_url": settings.BROKER_URL,
        "task_default_queue": "work",
        "task_queues": [Queue("work", routing_key="work")],  # type: ignore[no-untyped-call]
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
        "worker_prefetch_multiplier": 1,
        "task_ignore_result": True,
        "broker_connection_retry_on_startup": True,
        # Without limit: a worker that exits while the broker is down must be started by hand.
        "broker_connection_max_retries": None,
        # The broker forgets a message that a worker took; keeping it would take four commands
        # more. The row is the truth, and the sweep finds it if the worker dies with its message.
        "broker_transport_options": {"ack_emulation": False, "socket_timeout": 5},
        "broker_connection_timeout": 2,
        "task_publish_retry_policy": {"max_retries": 1, "interval_start": 0.1},
        "worker_hijack_root_logger": False,
        "worker_send_task_events": False,
    }
)

app.autodiscover_tasks(["audit"])


@setup_logging.connect
def _own_logging(**kwargs: Any) -> None:
    """Keep Django's logging: Celery configures none while this signal has a receiver."""


@worker_shutting_down.connect
def _take_no_more(**kwargs: Any) -> None:
    """Stop the worker from taking new calls; calls in flight may still finish."""
    from audit.worker import inflight

    inflight.stop_accepting()


@worker_shutdown.connect
def _hand_back(**kwargs: Any) -> None:
    """Wait for the calls in flight, STOP_SECONDS at most, then release the leases still held."""
    from audit import outbox

    outbox.hand_back(settings.STOP_SECONDS)


@worker_ready.connect
def _tick(**kwargs: Any) -> None:
    """Start the clock thread: there is no scheduler, so every worker looks for due rows."""
    from portal import beat

    beat.start_beat()

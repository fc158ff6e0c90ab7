"""Celery carries wake-ups alone, so nothing is kept in it."""

import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging, worker_ready, worker_shutdown, worker_shutting_down
from django.conf import settings
from kombu import Queue  # type: ignore[attr-defined]

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

# They ask the database, so a worker could not start while it is away. `up`,
# `doctor` and every management command check.
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
        # Never give up: a worker that ended because the broker was away needs somebody to start it.
        "broker_connection_max_retries": None,
        "broker_transport_options": {"visibility_timeout": 600, "socket_timeout": 5},
        "broker_connection_timeout": 2,
        "task_publish_retry_policy": {"max_retries": 1, "interval_start": 0.1},
        "worker_hijack_root_logger": False,
        "worker_send_task_events": False,
    }
)

app.autodiscover_tasks(["audit"])


@setup_logging.connect
def _own_logging(**kwargs: Any) -> None:
    """Keep Django's logging configuration."""


@worker_shutting_down.connect
def _take_no_more(**kwargs: Any) -> None:
    """Told to stop: what is in flight may come back, nothing new takes off."""
    from audit.worker import inflight

    inflight.stop_accepting()


@worker_shutdown.connect
def _hand_back(**kwargs: Any) -> None:
    """The last moment: wait for calls within the limit, then give back what is still held."""
    from audit import outbox

    outbox.hand_back(settings.STOP_SECONDS)


@worker_ready.connect
def _tick(**kwargs: Any) -> None:
    """There is no scheduler: every worker looks for what is due."""
    from portal import beat

    beat.start_beat()

"""Say whether this deployment stands as it should: wall, roles, search, broker, mail."""

import smtplib
import sys
from collections.abc import Iterator
from typing import Any

import redis
from django.conf import settings
from django.core.mail import get_connection
from django.core.management.base import BaseCommand
from django.db import connections
from django.db.migrations.executor import MigrationExecutor

from audit.event_time import may_move
from audit.worker import watchdog
from tenants.db.wall_checks import findings
from tenants.models import Provider
from tenants.network import proxies
from tenants.sources import search
from workflows.gateway.price_check import price_problem


class Command(BaseCommand):
    """Print a line for each check of the deployment; exit with 1 if one fails."""

    help = __doc__ or ""

    def handle(self, *args: Any, **options: Any) -> None:
        bad = False
        for good, line in _checks():
            mark = self.style.SUCCESS("ok  ") if good else self.style.ERROR("BAD ")
            self.stdout.write(f"{mark} {line}")
            bad = bad or not good
        if bad:
            sys.exit(1)


def _checks() -> Iterator[tuple[bool, str]]:
    executor = MigrationExecutor(connections["owner"])
    owed = executor.migration_plan(executor.loader.graph.leaf_nodes())
    yield not owed, f"migrations: {len(owed)} to apply" if owed else "migrations: all applied"
    found = findings(connections["owner"])
    yield not found, "the wall: " + ("; ".join(found) if found else "no gaps")
    free = may_move(connections["owner"])
    yield not free, f"the record: {'events may have any time' if free else 'times are checked'}"
    fast = search.uses_index()
    how = "by its index" if fast else "without its index (docs/operating.md says how to allow it)"
    yield True, f"search: full text {how}"
    yield _broker()
    late = watchdog.measure_delay().sentence()
    yield not late, f"work: {late or 'nothing is late'}"
    yield _mail()
    if settings.OUTBOUND_PROXY:
        good = proxies.is_reachable()
        yield good, f"proxy for calls outside: {'answers' if good else 'can’t be reached'}"
    yield bool(settings.MODEL), f"model: {settings.MODEL}"
    doubts = list(filter(None, map(price_problem, _models())))
    yield True, f"prices: {'; '.join(doubts) or 'known, and two lists agree'}"


def _models() -> list[str]:
    """Return the models that this deployment names."""
    provider = Provider.objects.values_list("model", flat=True)
    named = [settings.MODEL, *settings.MODELS, *provider]
    return list(dict.fromkeys(filter(None, named)))


def _broker() -> tuple[bool, str]:
    try:
        with redis.Redis.from_url(settings.BROKER_URL, socket_timeout=3) as broker:
            broker.ping()
            policy = broker.config_get("maxmemory-policy").get("maxmemory-policy")
    except redis.RedisError as error:
        return False, f"broker: {error}"
    good = policy in (None, "noeviction")
    return good, f"broker: answers, maxmemory-policy {policy}"


def _mail() -> tuple[bool, str]:
    try:
        connection = get_connection(timeout=5)
        connection.open()
        connection.close()
    except (OSError, smtplib.SMTPException) as error:
        return False, f"mail server at {settings.EMAIL_HOST}:{settings.EMAIL_PORT}: {error}"
    return True, f"mail server at {settings.EMAIL_HOST}:{settings.EMAIL_PORT}: answers"

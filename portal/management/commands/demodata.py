"""Fill an empty database with the sample clients. ``demo`` calls it."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from audit.event_time import moved_clock
from portal.demo import history
from tenants.models import Tenant


class Command(BaseCommand):
    """Make the sample clients and run their history. Refuses a database that has clients."""

    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--shop", required=True, help="host:port of the sample shop")

    def handle(self, *args: Any, **options: Any) -> None:
        if Tenant.objects.exists():
            raise CommandError("The database has clients already. Start over with --reset.")
        # The history's events lie in the past: the record takes them only while the owner role
        # permits another time than now.
        with moved_clock(connections["owner"]):
            history.live_through(options["shop"], tell=self._tell)

    def _tell(self, line: str) -> None:
        self.stdout.write(f"    {line}")
        self.stdout.flush()

"""``manage.py up``: Handrail on this machine, without sample data."""

import signal
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from portal.servers.house import House, Plan
from portal.servers.postgres import ServerFailed


class Command(BaseCommand):
    """Start database, broker, web, worker and scheduler; Ctrl-C stops them all."""

    help = __doc__ or ""
    requires_system_checks: list[str] = []
    sample = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000, help="the web's port")
        parser.add_argument("--data", type=Path, default=settings.DATA_DIR, help="the data folder")
        parser.add_argument("--reset", action="store_true", help="throw the data away first")

    def handle(self, *args: Any, **options: Any) -> None:
        plan = Plan(
            folder=options["data"].resolve(),
            port=options["port"],
            sample=self.sample,
            reset=options["reset"],
            threads=settings.WORKER_THREADS,
        )
        house = House(plan, tell=self.tell)
        # Also SIGINT: a shell that starts us in the background has it ignored.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, _stop)
        try:
            house.start()
            self.fill(house)
            house.open()
            self.say_addresses(house)
            house.watch()
        except ServerFailed as error:
            self.stderr.write(self.style.ERROR(str(error)))
            house.stop()
            sys.exit(1)
        except KeyboardInterrupt:
            self.tell("stopping")
        finally:
            # A second Ctrl-C must not leave a part behind.
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            house.stop()

    def tell(self, line: str) -> None:
        """One line of progress."""
        self.stdout.write(f"  {line}")
        self.stdout.flush()

    def fill(self, house: House) -> None:
        """Data to begin with: none here."""

    def say_addresses(self, house: House) -> None:
        """Where to go."""
        self.stdout.write(f"\nHandrail answers at {house.address}\n")
        env = house.plan.folder / "env"
        self.stdout.write("Make the first provider admin in another shell:\n")
        self.stdout.write(f"  (. {env} && python manage.py makeadmin you@example.com)\n")
        self.stdout.flush()


def _stop(number: int, frame: object) -> None:
    raise KeyboardInterrupt

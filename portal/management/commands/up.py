"""``manage.py up``: Handrail on this machine, without sample data."""

import os
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    """Start database, broker, web and worker; Ctrl-C stops them all."""

    help = __doc__ or ""
    requires_system_checks: list[str] = []
    sample = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000, help="the web's port")
        parser.add_argument("--data", type=Path, default=settings.DATA_DIR, help="the data folder")
        parser.add_argument("--web-processes", type=int, default=1, help="one a core, at most")
        parser.add_argument("--reset", action="store_true", help="throw the data away first")

    def handle(self, *args: Any, **options: Any) -> None:
        more = [f"--{name}" for name in ("reset",) if options[name]]
        more += ["--sample"] if self.sample else []
        values = {
            "port": options["port"],
            "data": options["data"],
            "threads": settings.WORKER_THREADS,
            "web-processes": options["web_processes"],
        }
        given = [part for name, value in values.items() for part in (f"--{name}", str(value))]
        command = [sys.executable, "-m", "portal.servers.serve", *given, *more]
        # exec: this process becomes the supervisor, with the same pid and without Django.
        os.execv(sys.executable, command)  # noqa: S606 - our own interpreter and module

"""Django's system checks, which ask a database only where one is named.

Django 6.1 hands every database to the models' checks, and a generated field asks each for
its version. So settings could not be looked at before there was a server.
"""

from typing import Any

from django.core.management.commands.check import Command as DjangoCheck


class Command(DjangoCheck):
    """As Django's own."""

    def handle(self, *app_labels: Any, **options: Any) -> None:
        super().handle(*app_labels, **{**options, "databases": options["databases"] or []})

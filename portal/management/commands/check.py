"""System checks of Django that query a database only where ``--database`` names one.

Django 6.1 passes every database to the models' checks, and a generated field asks each for
its version. Settings could then not be checked before a server runs.
"""

from typing import Any

from django.core.management.commands.check import Command as DjangoCheck


class Command(DjangoCheck):
    """Django's ``check``, with no database by default."""

    def handle(self, *app_labels: Any, **options: Any) -> None:
        super().handle(*app_labels, **{**options, "databases": options["databases"] or []})

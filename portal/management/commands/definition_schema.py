"""``manage.py definition_schema``: the JSON Schema of definitions, for work without network."""

from typing import Any

from django.core.management.base import BaseCommand

from portal.workflows.editor.schema import schema_address, schema_text


class Command(BaseCommand):
    """Print what is published at /schema/definition.json."""

    help = "Print the JSON Schema of workflow definitions."
    requires_system_checks = ()  # some ask the database, which this does not need

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(schema_text(schema_address()), ending="")

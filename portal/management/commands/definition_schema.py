"""JSON Schema of definitions, printed by ``manage.py definition_schema`` for offline use."""

from typing import Any

from django.core.management.base import BaseCommand

from portal.workflows.editor.schema import schema_address, schema_text


class Command(BaseCommand):
    """Print the schema that is published at /schema/definition.json."""

    help = "Print the JSON Schema of workflow definitions."
    requires_system_checks = ()  # some query the database, which this command does not need

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(schema_text(schema_address()), ending="")

"""Write the reference of definitions into docs/definition-reference.md."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from workflows.validation.reference import reference

DOCS = Path(settings.BASE_DIR) / "docs"


def rendered_reference() -> str:
    """Return the reference page, with the examples of docs/examples."""
    examples = {path.stem: path.read_text() for path in (DOCS / "examples").glob("*.yaml")}
    return reference(examples)


class Command(BaseCommand):
    """Write the reference page; needed after a change to the schema of definitions."""

    help = __doc__ or ""

    def handle(self, *args: Any, **options: Any) -> None:
        (DOCS / "definition-reference.md").write_text(rendered_reference())
        self.stdout.write("docs/definition-reference.md is written.")

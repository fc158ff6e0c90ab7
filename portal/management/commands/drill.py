"""Drill a workflow: its models and tools fail in sealed runs, and what follows is shown."""

import json
import shutil
import sys
import textwrap
from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from tenants.errors import DomainError
from tenants.models import Tenant
from tenants.scope import tenant_scope
from workflows import selectors
from workflows.drill.rows import DrillCount, DrillRow
from workflows.drill.selectors import last_drill
from workflows.drill.services import COMMAND_LINE, finish_drill, rows_of, start_drill
from workflows.models import Drill, Workflow

HEADS = ("Step", "What fails", "Declared", "What happened", "Result")
SHARES = (12, 30, 30, 28)  # of the width, in percent; the rest is the result's
NARROW, WIDE = 100, 180


class Command(BaseCommand):
    """Drill the live version, or another one. Exit with 1 where a declared fallback did not happen.

    With 2 for wrong arguments, and where the workflow can't be drilled.
    """

    help = __doc__ or ""

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        """Return the parser, whose ``--version`` is the workflow's and not Django's."""
        return super().create_parser(prog_name, subcommand, conflict_handler="resolve", **kwargs)

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("client", help="the client's name in addresses, as harbor-pine")
        parser.add_argument("workflow", help="the workflow's name, as refund-replies")
        parser.add_argument("--version", type=int, help="a version's number; else the live one")
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        tenant = Tenant.objects.filter(slug=options["client"]).first()
        if tenant is None:
            raise CommandError(f"There is no client called {options['client']}.", returncode=2)
        try:
            with tenant_scope(tenant.pk):
                drill = _begun(selectors.get_workflow(options["workflow"]), options["version"])
            drill = finish_drill(drill)
        except DomainError as error:
            raise CommandError(error.message, returncode=2) from error
        said = json.dumps(_as_json(drill), indent=2) if options["json"] else _as_text(drill)
        self.stdout.write(said)
        if not drill.is_passed:
            sys.exit(1)


def _begun(workflow: Workflow, number: int | None) -> Drill:
    """Return the drill that is under way, or begin one."""
    version = selectors.get_version(workflow, number) if number is not None else workflow.live
    last = last_drill(workflow)
    if last is not None and not last.is_over and last.version == version:
        return last
    return start_drill(workflow, actor=COMMAND_LINE, version=version)


def _as_json(drill: Drill) -> dict[str, Any]:
    return {
        "workflow": drill.workflow.slug,
        "version": drill.version.number,
        "started_at": drill.started_at.isoformat(),
        "ended_at": drill.ended_at.isoformat() if drill.ended_at else None,
        "passed": drill.is_passed,
        "shown": drill.shown,
        "declared": drill.declared,
        "problem": drill.problem,
        "rows": drill.rows,
    }


def _as_text(drill: Drill) -> str:
    """Return a drill's rows as a table, and its result in a sentence."""
    width = min(max(shutil.get_terminal_size((140, 24)).columns, NARROW), WIDE)
    result = str(DrillCount(drill.shown, drill.declared))
    end = f"It ended early. {drill.problem}" if drill.problem else f"{result.capitalize()}."
    head = f"{drill.workflow.title}, version {drill.version.number}"
    return "\n".join([head, "", *_table(rows_of(drill), width), "", end])


def _table(rows: list[DrillRow], width: int) -> Iterator[str]:
    widths = [width * share // 100 for share in SHARES]
    yield from _lines(HEADS, widths)
    yield "-" * width
    for row in rows:
        yield from _lines(
            (row.step, row.what, row.declared, row.happened, row.status.label), widths
        )


def _lines(cells: tuple[str, ...], widths: list[int]) -> Iterator[str]:
    """Yield the lines of one row, each cell wrapped in its column."""
    last = [*widths, len(cells[-1]) + 2]
    columns = [
        textwrap.wrap(cell, most - 2) or [""] for cell, most in zip(cells, last, strict=True)
    ]
    for number in range(max(map(len, columns))):
        parts = [column[number] if number < len(column) else "" for column in columns]
        yield "".join(part.ljust(most) for part, most in zip(parts, last, strict=True)).rstrip()

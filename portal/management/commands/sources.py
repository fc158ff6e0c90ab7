"""Sources of a client: ``add`` loads each file of a folder as a source a workflow may read."""

import sys
from argparse import ArgumentParser
from collections import Counter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from tenants.errors import DomainError
from tenants.models import Tenant
from tenants.scope import tenant_scope
from workflows import selectors
from workflows.models import Workflow
from workflows.sources.folder import (
    LoadedFile,
    command_line_actor,
    files_of_folder,
    grant_sources,
    load_folder,
)


class Command(BaseCommand):
    """Load a folder. Exit with 1 where a file was refused, with 2 for wrong arguments."""

    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        add = acts.add_parser("add", help="load each file of a folder as a source")
        add.add_argument("client", help="the client's name in addresses, as harbor-pine")
        add.add_argument("folder", type=Path, help="the folder; folders in it are read too")
        add.add_argument("--grant", required=True, help="the workflow that may read the sources")
        add.add_argument("--key", default="", help="for CSV, JSON and Parquet: the field of keys")

    def handle(self, *args: Any, **options: Any) -> None:
        tenant = Tenant.objects.filter(slug=options["client"]).first()
        if tenant is None:
            raise CommandError(f"There is no client called {options['client']}.", returncode=2)
        folder: Path = options["folder"]
        if not folder.is_dir():
            raise CommandError(f"There is no folder {folder}.", returncode=2)
        try:
            with tenant_scope(tenant.pk):
                workflow = selectors.get_workflow(options["grant"])
        except DomainError as error:
            raise CommandError(error.message, returncode=2) from error
        files = files_of_folder(folder)
        if not files:
            raise CommandError(f"The folder {folder} holds no files.", returncode=2)
        loaded = []
        for one in load_folder(tenant.pk, workflow, files, options["key"]):
            loaded.append(one)
            self._tell(one)
        self._grant(tenant, workflow, loaded)
        if any(one.problem for one in loaded):
            sys.exit(1)

    def _tell(self, one: LoadedFile) -> None:
        said = one.problem or f"{one.pieces} piece{'s' if one.pieces != 1 else ''}"
        self.stdout.write(f"{one.status:9}  {one.file.name}  ({one.file.shown}): {said}")

    def _grant(self, tenant: Tenant, workflow: Workflow, loaded: list[LoadedFile]) -> None:
        """Publish the workflow's next version with what was loaded, and tell what became of all."""
        names = [one.file.name for one in loaded if not one.problem]
        try:
            with tenant_scope(tenant.pk):
                version = grant_sources(workflow, names, actor=command_line_actor(workflow))
        except DomainError as error:
            said = f"The sources are there, but {workflow.title} may not read them. {error.message}"
            raise CommandError(said) from error
        counts = Counter(one.status for one in loaded)
        told = ", ".join(f"{count} {status}" for status, count in sorted(counts.items()))
        self.stdout.write(f"{len(loaded)} files: {told}.")
        if version is None:
            self.stdout.write(f"No new version: {workflow.title} may read them already.")
        else:
            self.stdout.write(f"{workflow.title}, version {version.number}, may read them.")

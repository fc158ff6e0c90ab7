"""Pages of an import: the operations of a document, and the declarations of the chosen ones."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from portal.tools.effect_form import form_prefix
from portal.tools.forms import DeclarationForm, ImportForm, initial_declaration
from tenants.models import Tenant
from workflows.openapi.imports import (
    ApiAccess,
    Comparison,
    ListedOperation,
    compare_operations,
    tools_of_api,
)


@dataclass(frozen=True, slots=True)
class ImportPage:
    """Page of a document that was read: its title, its operations and the access to them."""

    title: str
    api: str
    comparison: Comparison
    allowed_hosts: list[str]

    @property
    def hosts(self) -> list[tuple[str, bool]]:
        """Return the hosts that the operations are at, and whether the tenant allows each."""
        found = sorted({urlsplit(line.operation.url).netloc.lower() for line in self.lines})
        allowed = {host.lower() for host in self.allowed_hosts}
        return [(host, host in allowed) for host in found]

    @property
    def lines(self) -> list[ListedOperation]:
        """Return the operations that can be chosen."""
        return [line for line in self.comparison.lines if not line.operation.problems]

    @property
    def unusable(self) -> list[ListedOperation]:
        """Return the operations that can't be called, each with its problems."""
        return [line for line in self.comparison.lines if line.operation.problems]


def import_page(form: ImportForm, tenant: Tenant) -> ImportPage:
    """Return the page of a valid form."""
    api = form.cleaned_data["api"]
    compared = compare_operations(form.operations, api)
    return ImportPage(form.title, api, compared, tenant.allowed_hosts)


def access_of(form: ImportForm) -> ApiAccess:
    """Return how the tools of a valid form reach their system."""
    given = form.cleaned_data
    return ApiAccess(given["api"], given["secret"], given["header"])


def chosen_lines(page: ImportPage, keys: list[str]) -> list[ListedOperation]:
    """Return the chosen operations in the document's order. What can't be chosen is left out."""
    wanted = set(keys)
    return [line for line in page.lines if line.operation.key in wanted]


def declaration_forms(
    page: ImportPage, chosen: list[ListedOperation], data: Any = None
) -> list[DeclarationForm]:
    """Return the forms of the chosen operations, filled from ``data`` or with suggestions."""
    tools = tools_of_api(page.api)
    keys = {tool.name: key for key, tool in tools.items()}
    undos = list(dict.fromkeys([*(line.operation.key for line in chosen), *tools]))
    return [
        DeclarationForm(
            data,
            line=line,
            undos=undos,
            prefix=form_prefix(line.operation.key),
            initial=initial_declaration(line, page.api, keys),
        )
        for line in chosen
    ]

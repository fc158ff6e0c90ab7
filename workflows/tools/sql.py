"""Tool adapter ``sql``: one named statement in a client's Postgres or SQLite, with parameters.

Its settings are ``workflows.sql.statements.StatementSettings``. A tool that reads runs it in a
read-only transaction; one that writes commits only if it changed as many rows as declared. The
idempotency key is the parameter ``%(idempotency_key)s``.
"""

import asyncio
from typing import Any

from tenants.errors import Invalid
from tenants.models import Tenant
from tenants.network import outbound
from tenants.services.keys import reveal_secret
from workflows.exceptions.causes import Cause
from workflows.sql import postgres, sqlite
from workflows.sql.statements import (
    PostgresDatabase,
    StatementSettings,
    parameter_values,
    statement_settings,
)
from workflows.tools import ToolFailed, ToolRequest

NAME = "sql"


def check_settings(settings: dict[str, Any]) -> None:
    """Raise Invalid for settings with which no call can be made, whatever its arguments."""
    statement_settings(settings)


def check(
    settings: dict[str, Any], args: dict[str, Any], tenant: Tenant, secrets: frozenset[str]
) -> None:
    """Raise Invalid for a database that may not be called, a missing secret or a wrong argument."""
    found = statement_settings(settings)
    if isinstance(found.database, PostgresDatabase):
        _check_database(found.database, tenant, secrets)
    else:
        sqlite.file_of(found.database, tenant)
    parameter_values(found.statement, args, "")


def _check_database(database: PostgresDatabase, tenant: Tenant, secrets: frozenset[str]) -> None:
    host, port = database.address
    written = f"{host}:{port}"
    if written not in {one.lower() for one in tenant.allowed_hosts}:
        said = f"{written} is not among this client's allowed hosts. Add it there first."
        raise Invalid(said, code="host_not_allowed")
    outbound.check_outbound_host(host, port)
    if database.secret not in secrets:
        said = f"The secret {database.secret} is not kept here. Add it first."
        raise Invalid(said, code="no_secret")


def resolve(settings: dict[str, Any], tenant: Tenant) -> dict[str, Any]:
    """Return a tool's settings with the password, or with the path of the client's file."""
    found = statement_settings(settings)
    if isinstance(found.database, PostgresDatabase):
        return {"settings": settings, "password": reveal_secret(found.database.secret)}
    return {"settings": settings, "path": sqlite.file_of(found.database, tenant)}


async def carry_out(request: ToolRequest) -> dict[str, Any]:
    """Run the statement and return its rows, or how many it changed.

    Raises ToolFailed where nothing was changed, ToolInDoubt where that is not known.
    """
    settings: StatementSettings = statement_settings(request.settings["settings"])
    if request.timeout:
        settings = settings.model_copy(update={"seconds": min(settings.seconds, request.timeout)})
    try:
        values = parameter_values(settings.statement, request.args, request.key)
    except Invalid as error:
        raise ToolFailed(error.message, cause=Cause.DATA) from error
    if isinstance(settings.database, PostgresDatabase):
        password = request.settings["password"]
        return await postgres.run_in_postgres(settings, values, password, acts=request.acts)
    # In a thread, because SQLite blocks.
    path = request.settings["path"]
    return await asyncio.to_thread(sqlite.run_in_sqlite, path, settings, values, acts=request.acts)

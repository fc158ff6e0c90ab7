"""PgBouncer in transaction mode between Postgres and the processes of a test or benchmark.

It comes from Debian: apt-get install pgbouncer. Version 1.18, of Debian 12, knows no prepared
statements in this mode, so they are off (``HANDRAIL_PREPARED``).
"""

import shutil
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from django.conf import settings
from psycopg import sql

from portal.servers import roles
from portal.servers.postgres import home_for
from portal.servers.process import Child, free_port
from tests.processes import Processes

SETTINGS = """
[databases]
{database} = host=127.0.0.1 port={postgres} dbname={database}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = plain
auth_file = {folder}/users.txt
pool_mode = transaction
default_pool_size = {connections}
max_client_conn = 500
ignore_startup_parameters = options, extra_float_digits
logfile = {folder}/pgbouncer.log
pidfile = {folder}/pgbouncer.pid
"""
# What is set at connecting is ignored behind a pooler, so it is set on the roles.
ROLE_SETTINGS = (
    "ALTER ROLE {app} IN DATABASE {database} SET plan_cache_mode = force_generic_plan",
    "ALTER ROLE {provider} IN DATABASE {database} SET default_transaction_read_only = on",
)


def program() -> str | None:
    """Return the path of PgBouncer, or None where it isn't installed."""
    return shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")


def put_between(group: Processes, super_url: str, folder: Path, *, connections: int) -> None:
    """Lead the processes that ``group`` starts from here on through PgBouncer.

    ``super_url`` is a superuser's URL of the database. ``folder`` is made, for PgBouncer's files.
    """
    found, port, server = program(), free_port(), urlsplit(super_url)
    assert found, "PgBouncer is missing: apt-get install pgbouncer"
    folder.mkdir(mode=0o755)
    passwords = {
        name: roles.role_password(name, settings.SECRET_KEY) for name in (roles.APP, roles.PROVIDER)
    }
    lines = [f'"{name}" "{password}"\n' for name, password in passwords.items()]
    (folder / "users.txt").write_text("".join(lines))
    database = server.path.removeprefix("/")
    said = SETTINGS.format(
        database=database, postgres=server.port, port=port, folder=folder, connections=connections
    )
    (folder / "pgbouncer.ini").write_text(said)
    command = [found, str(folder / "pgbouncer.ini")]
    if user := home_for(folder).user:  # PgBouncer, too, refuses to run as root
        for path in (folder, *folder.iterdir()):
            shutil.chown(path, user)
        command = ["setpriv", f"--reuid={user}", "--clear-groups", *command]
    log = folder.with_suffix(".log")
    group.children.append(Child("PgBouncer", command, log=log, cwd=folder))
    with psycopg.connect(super_url, autocommit=True) as su:
        names = {"app": roles.APP, "provider": roles.PROVIDER, "database": database}
        given = {key: sql.Identifier(name) for key, name in names.items()}
        for statement in ROLE_SETTINGS:
            su.execute(sql.SQL(statement).format(**given))
    for role, name in ((roles.APP, "APP"), (roles.PROVIDER, "PROVIDER")):
        url = f"postgresql://{role}:{passwords[role]}@127.0.0.1:{port}/{database}"
        group.env[f"DATABASE_{name}_URL"] = url
    group.env["HANDRAIL_PREPARED"] = "0"

"""PgBouncer in transaction mode between a benchmark's Postgres, and its web and workers.

It comes from Debian: apt-get install pgbouncer. Version 1.18, of Debian 12, knows no prepared
statements in this mode, so they are off (``HANDRAIL_PREPARED``).
"""

import shutil
from urllib.parse import urlsplit

from portal.servers import roles
from portal.servers.process import Child, free_port
from tests.benchmarks.house import SECRET_KEY, House

SETTINGS = """
[databases]
handrail = host=127.0.0.1 port={postgres} dbname=handrail
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


def put_between(house: House, connections: int) -> None:
    """Lead the processes that the house starts from here on through PgBouncer."""
    program = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
    assert program, "PgBouncer is missing: apt-get install pgbouncer"
    folder, port, user = house.folder / "pgbouncer", free_port(), house.postgres.home.user
    folder.mkdir(mode=0o755)
    passwords = {
        name: roles.role_password(name, SECRET_KEY) for name in (roles.APP, roles.PROVIDER)
    }
    lines = [f'"{name}" "{password}"\n' for name, password in passwords.items()]
    (folder / "users.txt").write_text("".join(lines))
    postgres = urlsplit(house.postgres.url()).port
    said = SETTINGS.format(postgres=postgres, port=port, folder=folder, connections=connections)
    (folder / "pgbouncer.ini").write_text(said)
    command = [program, str(folder / "pgbouncer.ini")]
    if user:  # root's processes start Postgres as this user; PgBouncer refuses to run as root
        for path in (folder, *folder.iterdir()):
            shutil.chown(path, user)
        command = ["setpriv", f"--reuid={user}", "--clear-groups", *command]
    child = Child("PgBouncer", command, log=house.folder / "pgbouncer.log", cwd=folder)
    house.processes.children.append(child)
    # What is set at connecting is ignored, so it is set on the roles.
    house.su.execute(f"ALTER ROLE {roles.APP} SET plan_cache_mode = force_generic_plan")
    house.su.execute(f"ALTER ROLE {roles.PROVIDER} SET default_transaction_read_only = on")
    for role, name in ((roles.APP, "APP"), (roles.PROVIDER, "PROVIDER")):
        url = f"postgresql://{role}:{passwords[role]}@127.0.0.1:{port}/handrail"
        house.processes.env[f"DATABASE_{name}_URL"] = url
    house.processes.env["HANDRAIL_PREPARED"] = "0"

"""What `up` prepares on a server of one's own, and what it leaves for another shell."""

import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from portal.servers.deployment import Deployment, ServerPlan
from portal.servers.roles import make_roles
from tests import servers


def test_another_shell_can_read_what_the_house_chose(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ports and passwords are new each time, so `makeadmin` must be able to look them up."""
    monkeypatch.setenv("HANDRAIL_SMTP_PASSWORD", "given")
    house = Deployment(ServerPlan(tmp_path, 8000), tell=print)
    house.env = {"HANDRAIL_SMTP_PASSWORD": "given", "DATABASE_URL": "postgresql://a:b'c@host/d"}
    house._note_env()
    noted = tmp_path / "env"
    shell = f'. {noted} && printf %s "$DATABASE_URL"'
    said = subprocess.run(["sh", "-c", shell], capture_output=True, text=True, check=True)
    assert said.stdout == "postgresql://a:b'c@host/d"
    assert "given" not in noted.read_text(), "only what the house chose itself is kept"
    assert noted.stat().st_mode & 0o777 == 0o600


def test_a_role_that_is_no_superuser_may_prepare_a_server_again_and_again(
    super_connection: psycopg.Connection,
) -> None:
    """`up` on a server of one's own prepares it at every start."""
    maker, lesser = f"maker_{servers.database()}", f"lesser_{servers.database()}"
    super_connection.execute(f"CREATE ROLE {maker} LOGIN CREATEROLE PASSWORD 'm'")
    parts = urlsplit(servers.super_url("postgres"))
    url = f"postgresql://{maker}:m@{parts.hostname}:{parts.port}/postgres"
    try:
        for password in ("first", "second"):
            make_roles(url, {lesser: password})
        psycopg.connect(url.replace(f"{maker}:m", f"{lesser}:second")).close()
    finally:
        super_connection.execute(f"DROP ROLE IF EXISTS {lesser}")
        super_connection.execute(f"DROP ROLE {maker}")

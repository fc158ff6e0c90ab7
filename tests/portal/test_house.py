"""The house of `up` and `demo`: what it leaves for commands in another shell."""

import subprocess
from pathlib import Path

import pytest

from portal.servers.house import House, Plan


def test_another_shell_can_read_what_the_house_chose(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ports and passwords are new each time, so `makeadmin` must be able to look them up."""
    monkeypatch.setenv("HANDRAIL_SMTP_PASSWORD", "given")
    house = House(Plan(tmp_path, 8000), tell=print)
    house.env = {"HANDRAIL_SMTP_PASSWORD": "given", "DATABASE_URL": "postgresql://a:b'c@host/d"}
    house._note_env()
    noted = tmp_path / "env"
    shell = f'. {noted} && printf %s "$DATABASE_URL"'
    said = subprocess.run(["sh", "-c", shell], capture_output=True, text=True, check=True)
    assert said.stdout == "postgresql://a:b'c@host/d"
    assert "given" not in noted.read_text(), "only what the house chose itself is kept"
    assert noted.stat().st_mode & 0o777 == 0o600

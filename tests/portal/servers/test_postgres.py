"""The database of `up` and `demo`, where it starts and where it can't."""

import os
import shutil
from pathlib import Path

import pytest

from portal.servers.deployment import MARK
from portal.servers.postgres import Postgres, home_for
from tests.portal.servers.deployment_kit import a_house, refusal


@pytest.fixture(autouse=True)
def _no_servers_given(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "BROKER_URL"):
        monkeypatch.delenv(name)


def test_a_broken_database_folder_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / MARK).touch()
    (tmp_path / "postgres-password").write_text("lost")
    data = Postgres(tmp_path).home.data
    data.mkdir(parents=True)
    (data / "stray").write_text("not a cluster")
    said = refusal(a_house(tmp_path))
    assert "not a Postgres data folder" in said
    assert "--reset" in said


def test_a_cluster_that_can_not_start_shows_its_log(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    postgres = Postgres(tmp_path, durable=False)
    postgres.start()
    postgres.stop()
    (postgres.home.data / "global" / "pg_control").unlink()
    (tmp_path / MARK).touch()
    said = refusal(a_house(tmp_path))
    assert "The database did not start" in said
    assert "pg_control" in said


@pytest.mark.skipif(os.geteuid() != 0, reason="Only root starts the cluster as another user.")
def test_a_cluster_is_made_under_a_umask_that_shuts_others_out(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    former = os.umask(0o077)
    try:
        folder.mkdir()
        server = Postgres(folder)
        server.start()
        server.stop()
    finally:
        os.umask(former)
        shutil.rmtree(home_for(folder).data.parent, ignore_errors=True)

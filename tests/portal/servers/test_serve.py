"""`up` on a bad morning: a taken port, a strange folder, a second copy, a broken database."""

import fcntl
import socket
from pathlib import Path

import pytest

from portal.servers.deployment import MARK, Deployment, ServerPlan
from portal.servers.postgres import Postgres, ServerFailed
from portal.servers.process import free_port


@pytest.fixture(autouse=True)
def _no_servers_given(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "BROKER_URL"):
        monkeypatch.delenv(name)


def _house(folder: Path, **more: object) -> Deployment:
    return Deployment(ServerPlan(folder=folder, port=free_port(), **more), tell=lambda line: None)  # type: ignore[arg-type]


def _refusal(house: Deployment) -> str:
    with pytest.raises(ServerFailed) as refused:
        house.start()
    house.stop()
    return str(refused.value)


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    house = _house(tmp_path / "data")
    with socket.socket() as other:
        other.bind(("127.0.0.1", house.plan.port))
        other.listen()
        said = _refusal(house)
    assert said == f"Port {house.plan.port} is taken. Choose another with --port."


def test_a_folder_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letters.txt").write_text("dear")
    assert "holds something else" in _refusal(_house(tmp_path))
    assert "holds something else" in _refusal(_house(tmp_path, reset=True))
    assert (tmp_path / "letters.txt").read_text() == "dear"


def test_a_second_copy_is_told_of_the_first(tmp_path: Path) -> None:
    with (tmp_path / "lock").open("a+") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        said = _refusal(_house(tmp_path))
    assert "runs already" in said
    assert "--data" in said


def test_a_broken_database_folder_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / MARK).touch()
    (tmp_path / "postgres-password").write_text("lost")
    data = Postgres(tmp_path).home.data
    data.mkdir(parents=True)
    (data / "stray").write_text("not a cluster")
    said = _refusal(_house(tmp_path))
    assert "not a Postgres data folder" in said
    assert "--reset" in said


def test_a_cluster_that_can_not_start_shows_its_log(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    postgres = Postgres(tmp_path, durable=False)
    postgres.start()
    postgres.stop()
    (postgres.home.data / "global" / "pg_control").unlink()
    (tmp_path / MARK).touch()
    said = _refusal(_house(tmp_path))
    assert "The database did not start" in said
    assert "pg_control" in said

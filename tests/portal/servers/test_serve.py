"""`up` on a bad morning: a taken port, a strange folder, a second copy, a broken database."""

import fcntl
import socket
from pathlib import Path

import pytest

from tests.portal.servers.deployment_kit import a_house, refusal


@pytest.fixture(autouse=True)
def _no_servers_given(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "BROKER_URL"):
        monkeypatch.delenv(name)


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    house = a_house(tmp_path / "data")
    with socket.socket() as other:
        other.bind(("127.0.0.1", house.plan.port))
        other.listen()
        said = refusal(house)
    assert said == f"Port {house.plan.port} is taken. Choose another with --port."


def test_a_folder_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letters.txt").write_text("dear")
    assert "holds something else" in refusal(a_house(tmp_path))
    assert "holds something else" in refusal(a_house(tmp_path, reset=True))
    assert (tmp_path / "letters.txt").read_text() == "dear"


def test_a_second_copy_is_told_of_the_first(tmp_path: Path) -> None:
    with (tmp_path / "lock").open("a+") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        said = refusal(a_house(tmp_path))
    assert "runs already" in said
    assert "--data" in said

"""The broker of `up` and `demo`: it answers whoever has its password, and nobody else."""

from pathlib import Path

import pytest
import redis

from portal.servers.broker import Broker
from portal.servers.process import free_port


def test_the_broker_answers_nobody_without_its_password(tmp_path: Path) -> None:
    broker = Broker(tmp_path, keep=True)
    broker.start()
    try:
        with redis.Redis.from_url(broker.url) as known:
            assert known.ping()
            known.set("a", "b")
        for url in (
            f"redis://127.0.0.1:{broker.port}/0",
            f"redis://:wrong@127.0.0.1:{broker.port}/0",
        ):
            with redis.Redis.from_url(url) as stranger, pytest.raises(redis.AuthenticationError):
                stranger.ping()
        listed = Path(f"/proc/{broker.child.pid}/cmdline").read_bytes() if broker.child else b""
        assert broker.password.encode() not in listed
    finally:
        broker.stop()
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert path.stat().st_mode & 0o077 == 0, path


def test_a_broker_keeps_its_password_over_a_restart(tmp_path: Path) -> None:
    port = free_port()
    assert Broker(tmp_path, port=port).url == Broker(tmp_path, port=port).url

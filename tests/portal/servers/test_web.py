"""The web: processes forked from one that has imported everything."""

import os
import signal
import threading
import urllib.request
from pathlib import Path

import psutil
import pytest

from portal.servers import web
from tests.processes import processes, wait_until


def test_loading_starts_no_thread_as_a_fork_would_lose_it() -> None:
    before = threading.active_count()
    web.load()
    assert threading.active_count() == before


@pytest.mark.django_db(transaction=True)
def test_several_processes_answer_and_one_that_dies_is_replaced(tmp_path: Path) -> None:
    with processes(tmp_path) as run:
        address = run.web(processes=2)
        parent = psutil.Process(run.children[0].pid)
        first = {child.pid for child in parent.children()}
        assert len(first) == 2
        victim = min(first)
        os.kill(victim, signal.SIGKILL)
        wait_until(
            lambda: len({c.pid for c in parent.children()} - {victim}) == 2,
            seconds=30,
            what="the process that died is replaced",
        )
        with urllib.request.urlopen(f"{address}/accounts/login/", timeout=20) as answer:
            assert answer.status == 200

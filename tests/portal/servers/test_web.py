"""The web: processes forked from one that has imported everything."""

import os
import signal
import subprocess
import sys
import threading
import urllib.request
from pathlib import Path

import psutil
import pytest

from portal.servers import web
from tests.processes import processes, wait_until


def test_loading_starts_no_thread_as_a_fork_would_lose_it() -> None:
    before = set(threading.enumerate())  # of other tests, which may end meanwhile
    web.load()
    assert set(threading.enumerate()) <= before


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


def test_a_process_that_was_just_forked_is_stopped_by_a_signal() -> None:
    # As the parent does: it handles the signal, and its forks inherit that.
    program = """
import os, signal, time
from portal.servers.web import let_forks_be_stopped
signal.signal(signal.SIGTERM, lambda *_: None)
let_forks_be_stopped()
child = os.fork()
if child == 0:
    time.sleep(20)
    os._exit(0)
os.kill(child, signal.SIGTERM)
_, status = os.waitpid(child, 0)
assert os.waitstatus_to_exitcode(status) == -signal.SIGTERM, status
os.kill(os.getpid(), signal.SIGTERM)  # the parent handles it still
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=15)

"""Processes that a browser started are found by their parents, counted, and ended."""

import os
import subprocess
import sys
import time

from workflows.browser.processes import descendants, kill_all, private_memory

PARENT = (
    "import os, subprocess, sys, time; "
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'], "
    "start_new_session=True); print(child.pid, flush=True); time.sleep(60)"
)


def is_running(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as line:
            return line.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_child_in_a_group_of_its_own_is_ended_too() -> None:
    process = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    child = int(process.stdout.readline())
    assert set(descendants(process.pid)) == {process.pid, child}
    assert private_memory([process.pid, child]) > 1 << 20
    kill_all(process.pid)
    process.wait()
    process.stdout.close()
    until = time.monotonic() + 5
    while is_running(child) and time.monotonic() < until:
        time.sleep(0.05)
    assert not is_running(child)


def test_a_process_that_ended_holds_nothing() -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    assert descendants(process.pid) == [process.pid]
    assert private_memory([process.pid]) == 0
    kill_all(process.pid)


def test_this_process_is_among_its_own() -> None:
    assert os.getpid() in descendants(os.getppid())

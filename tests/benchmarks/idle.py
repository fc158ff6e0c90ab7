"""Memory of the whole of ``manage.py up`` at rest, database and broker apart.

uv run python -m tests.benchmarks.idle [--seconds 30] [--web-processes 1]
"""

import argparse
import os
import shutil
import sys
import tempfile
import time
import urllib.request
from contextlib import suppress
from pathlib import Path

import psutil

from portal.servers.process import Child, free_port
from tests.benchmarks import figures
from tests.processes import ROOT

SERVERS = ("postgres", "valkey-server", "redis-server")


def _answers(port: int) -> bool:
    with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=2):
        return True
    return False


def _rows(parent: psutil.Process) -> list[tuple[str, float, float]]:
    """Name, resident and proportional memory in MB of every process that is ours."""
    found = []
    for process in [parent, *parent.children(recursive=True)]:
        with suppress(psutil.NoSuchProcess):
            if process.name().startswith(SERVERS) or process.username() == "postgres":
                continue
            memory = process.memory_full_info()
            said = " ".join(process.cmdline()[1:])[:70]
            found.append((said, memory.rss / 1e6, memory.pss / 1e6))
    return found


@figures.watched()
def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, default=30, help="how long it rests first")
    parser.add_argument("--web-processes", type=int, default=1)
    given = parser.parse_args()
    folder, port = Path(tempfile.mkdtemp(prefix="handrail-idle-", dir="/var/tmp")), free_port()
    folder.chmod(0o755)
    command = [sys.executable, "manage.py", "up", "--port", str(port), "--data", str(folder / "d")]
    command += ["--web-processes", str(given.web_processes)]
    env = {k: v for k, v in os.environ.items() if not k.endswith("_URL") and "HANDRAIL" not in k}
    up = Child("up", command, log=folder / "up.log", cwd=ROOT, env=env)
    try:
        until = time.monotonic() + 120
        while not _answers(port):
            assert time.monotonic() < until, up.tail()
            time.sleep(0.5)
        time.sleep(given.seconds)
        rows = _rows(psutil.Process(up.pid))
    finally:
        up.stop(20)
        shutil.rmtree(folder, ignore_errors=True)
    rows.append(("all", sum(r[1] for r in rows), sum(r[2] for r in rows)))
    cells = [[name, f"{rss:.0f}", f"{pss:.0f}"] for name, rss, pss in rows]
    print(figures.table("At rest", cells, ["process", "resident MB", "proportional MB"]))


if __name__ == "__main__":
    main()

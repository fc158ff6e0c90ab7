"""Postgres restarted under runs: nobody needs to restart anything else, and nothing is lost."""

import subprocess
import sys

from tests.processes import ROOT
from tests.variants import LONG

# The long version: 1,000 runs, a restart every 5 to 40 s.
ASKED = (
    ["--runs", "1000", "--restarts", "12", "--pause", "5", "40"]
    if LONG
    else ["--runs", "60", "--restarts", "4", "--pause", "0.5", "2"]
)


def test_postgres_may_be_restarted_at_any_moment() -> None:
    """Case D5: immediately and fast, under workers and web that stay up."""
    command = [sys.executable, "-W", "ignore", "-m", "tests.concurrency.restarted", *ASKED]
    done = subprocess.run(
        command,
        cwd=ROOT,
        text=True,
        capture_output=True,
        check=False,
        timeout=1200 if LONG else 150,
    )
    print(done.stdout[-6000:], done.stderr[-6000:])
    assert done.returncode == 0

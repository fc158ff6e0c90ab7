"""The official conformance suite, unmodified, asks our client for both revisions.

It takes minutes: only with HANDRAIL_LONG_TESTS=1. What fails is in a baseline beside this file,
check by check, with its reason.
"""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.variants import LONG

ROOT = Path(__file__).resolve().parents[3]
SUITE = "@modelcontextprotocol/conformance@0.2.0-alpha.12"
NODE = "node@22"  # the suite needs it, and the machine's may be older
MILLIS = 300_000  # of one client; many start at once

pytestmark = pytest.mark.skipif(not LONG, reason="it takes minutes, and fetches packages of Node")


def ask(*options: str) -> None:
    """Run the suite with these options; it ends with 0 where all is as expected."""
    client = f"{sys.executable} -m tests.workflows.mcp.conformance_client"
    line = ["conformance", "client", "--command", client, "--timeout", str(MILLIS), *options]
    done = subprocess.run(
        ["npx", "-y", "-p", NODE, "-p", SUITE, "-c", shlex.join(line)],
        cwd=ROOT,
        env={name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
        capture_output=True,
        text=True,
        timeout=1800,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]


@pytest.mark.parametrize("revision", ["2025-11-25", "2026-07-28"])
def test_all_that_a_revision_requires_fails_as_is_known(revision: str, tmp_path: Path) -> None:
    """Some 45 clients start at once."""
    baseline = Path(__file__).with_name(f"conformance-{revision}.yml")
    options = ("--requirements", revision, "-o", str(tmp_path))
    ask(*options, "--expected-failures", str(baseline))

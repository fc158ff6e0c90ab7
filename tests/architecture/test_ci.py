"""What CI does with a test that failed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RACE = """
from pathlib import Path
import pytest

MARK = Path(__file__).with_name("ran")

class TestRace:
    @pytest.mark.parametrize("n", ["a-b"])
    def test_race(self, n):
        first = not MARK.exists()
        MARK.touch()
        assert not first, "lost the race"

def test_well():
    pass
"""
BROKEN = "def test_broken():\n    assert False\n"


def _ci(folder: Path) -> tuple[int, str]:
    """Run a folder's tests as CI does; exit status and what it printed."""
    (folder / "pytest.ini").write_text("[pytest]\n")
    # Settings of Django, which other tests of this process may have set, are not of that folder.
    ours = ("PYTEST", "DJANGO")
    environment = {k: v for k, v in os.environ.items() if not k.startswith(ours)}

    def run(*command: str) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, *command],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    status, _ = run("-m", "pytest", "-n0", "--junit-xml=r.xml", "-o", "junit_family=xunit1")
    return run(str(ROOT / ".ci/once_more.py"), "r.xml", str(status))


def test_a_test_that_passes_alone_is_said_to_be_flaky(tmp_path: Path) -> None:
    (tmp_path / "test_race.py").write_text(RACE)
    status, said = _ci(tmp_path)
    assert status == 0, said
    assert "FLAKY test_race.py::TestRace::test_race[a-b]" in said
    assert "lost the race" in said


@pytest.mark.parametrize("text", [BROKEN, RACE + BROKEN, "import nothing_of_that_name\n"])
def test_what_fails_twice_or_cannot_run_fails_the_run(tmp_path: Path, text: str) -> None:
    (tmp_path / "test_race.py").write_text(text)
    status, _ = _ci(tmp_path)
    assert status != 0

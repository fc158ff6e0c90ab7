"""What `up` and `demo` keep on the disk, and who may read it."""

import os
import subprocess
import sys
from pathlib import Path

from portal.servers.process import Child, with_bytecode


def test_logs_are_their_owners_alone(tmp_path: Path) -> None:
    log, made = tmp_path / "web.log", tmp_path / "made"
    log.touch(mode=0o644)
    log.chmod(0o644)
    child = Child("web", [sys.executable, "-c", f"open({str(made)!r}, 'w')"], log=log)
    child.process.wait(20)
    assert [path.stat().st_mode & 0o777 for path in (log, made)] == [0o600, 0o600]


def test_bytecode_is_kept_in_a_folder_where_it_may_not_stand_beside_the_code(
    tmp_path: Path,
) -> None:
    """Else each process that starts would compile every module anew."""
    given = {"PYTHONDONTWRITEBYTECODE": "1", "PATH": os.defpath}
    kept = with_bytecode(given, tmp_path)
    (tmp_path / "some.py").write_text("x = 1\n")
    command = [sys.executable, "-c", "import sys; sys.path.insert(0, '.'); import some"]
    subprocess.run(command, cwd=tmp_path, env=kept, check=True)
    assert [path.suffix for path in (tmp_path / "bytecode").rglob("some.*")] == [".pyc"]
    assert not (tmp_path / "__pycache__").exists()
    assert given["PYTHONDONTWRITEBYTECODE"] == "1"


def test_nothing_is_changed_where_bytecode_stands_beside_the_code(tmp_path: Path) -> None:
    given = {"PATH": os.defpath}
    assert with_bytecode(given, tmp_path) == given

"""What `up` and `demo` keep on the disk, and who may read it."""

import sys
from pathlib import Path

from portal.servers.process import Child


def test_logs_are_their_owners_alone(tmp_path: Path) -> None:
    log, made = tmp_path / "web.log", tmp_path / "made"
    log.touch(mode=0o644)
    log.chmod(0o644)
    child = Child("web", [sys.executable, "-c", f"open({str(made)!r}, 'w')"], log=log)
    child.process.wait(20)
    assert [path.stat().st_mode & 0o777 for path in (log, made)] == [0o600, 0o600]

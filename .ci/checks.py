"""Checks of the whole: migrations match the models, the API's schema, and ``check --deploy``."""

import os
import secrets
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests import servers  # noqa: E402 - starts the servers

DEPLOYED = {
    "HANDRAIL_BASE_URL": "https://handrail.example",
    "HANDRAIL_HOSTS": "handrail.example",
}
CHECKS: tuple[tuple[list[str], dict[str, str]], ...] = (
    (["makemigrations", "--check", "--dry-run"], {}),
    (["check", "--deploy", "--fail-level", "WARNING"], DEPLOYED),
    (["spectacular", "--validate", "--fail-on-warn", "--file", os.devnull], {}),
)


def main() -> int:
    """Run every check; 1 if one failed."""
    worst = 0
    # The key signs nothing here, but must look like one that is good enough.
    os.environ["HANDRAIL_SECRET_KEY"] = secrets.token_urlsafe(64)
    password = servers.roles.role_password(servers.roles.APP, servers.SECRET_KEY)
    app_url = os.environ["DATABASE_URL"].replace(servers.roles.OWNER, servers.roles.APP)
    base, _, tail = app_url.partition("@")
    os.environ["DATABASE_APP_URL"] = f"{base.rpartition(':')[0]}:{password}@{tail}"
    for arguments, more in CHECKS:
        print("manage.py", *arguments, flush=True)
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env={**os.environ, **more},
            check=False,
        )
        worst = worst or done.returncode
    return worst


if __name__ == "__main__":
    try:
        sys.exit(main())
    finally:
        servers.stop()

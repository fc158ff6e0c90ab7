"""What is looked at before a deployment is started."""

import os
import secrets
import subprocess
import sys

from portal.servers.process import free_port

DEPLOYED = {
    "HANDRAIL_BASE_URL": "https://handrail.example",
    "HANDRAIL_HOSTS": "handrail.example",
    "DJANGO_SETTINGS_MODULE": "portal.settings",
}


def check(**more: str) -> subprocess.CompletedProcess[str]:
    """``check --deploy`` where neither a database nor a broker answers."""
    nowhere = f"127.0.0.1:{free_port()}"
    # Browser tests in the same process let Django be called beside an event loop.
    ours = ("DATABASE", "DJANGO_ALLOW")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    env = {
        **kept,
        **DEPLOYED,
        "HANDRAIL_SECRET_KEY": secrets.token_urlsafe(64),
        "DATABASE_URL": f"postgresql://handrail_owner@{nowhere}/handrail",
        "BROKER_URL": f"redis://{nowhere}/0",
        **more,
    }
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False)


def test_a_deployment_is_checked_without_a_database() -> None:
    done = check()
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


def test_what_is_wrong_with_a_deployment_is_said_without_a_database() -> None:
    done = check(HANDRAIL_BASE_URL="http://handrail.example")
    assert done.returncode == 1
    assert "SECURE_HSTS_SECONDS" in done.stderr


def test_a_private_host_must_be_named_and_is_no_pattern() -> None:
    for entry in ("*", "10.0.0.0/8", "127.0.0.1:", "a b", "*.internal:80", "http://crm.internal"):
        done = check(HANDRAIL_ALLOWED_PRIVATE_HOSTS=entry)
        assert done.returncode != 0, entry
        assert "HANDRAIL_ALLOWED_PRIVATE_HOSTS must name hosts" in done.stderr

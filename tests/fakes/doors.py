"""Loopback addresses that a test's servers stand at, named one by one as a deployment would.

Everything else inside is refused. ``tests.conftest`` forgets the names after each test;
``tests.processes`` hands them to the processes it starts.
"""

from django.conf import settings


def allow(*hosts: str) -> None:
    """Let these be called, each ``host:port``."""
    settings.ALLOWED_PRIVATE_HOSTS.extend(hosts)

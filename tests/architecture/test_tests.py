"""The tests themselves: each process has its own database."""

from django.db import connections

from tests import servers


def test_every_process_works_in_its_own_database() -> None:
    """Sharing one, parallel tests would see each other's rows."""
    for alias in connections:
        assert connections[alias].settings_dict["NAME"] == servers.database(), alias

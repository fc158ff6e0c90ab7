"""Database router: the three connections are one database, seen by three roles."""

from typing import Any


class OneDatabase:
    """Router that lets relations cross the connections, and only the owner migrate."""

    def allow_relation(self, first: Any, second: Any, **hints: Any) -> bool:
        return True

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return db == "owner"

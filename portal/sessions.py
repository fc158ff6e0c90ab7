"""Sessions in the database, with hashed keys and encrypted data: a leak opens no session.

Django's own store keeps the cookie's value as it is, and allauth puts a one-time code's secret into
the data while a second factor is set up.
"""

import hashlib
import logging
from typing import Any

from django.contrib.sessions.backends.db import SessionStore as DatabaseSessions
from django.contrib.sessions.base_session import AbstractBaseSession

from tenants.db.encryption import decrypt, encrypt


def stored_key(session_key: str) -> str:
    """Return the stored key of a cookie's value: the first 40 hex digits of its SHA-256.

    The column takes no more.
    """
    return hashlib.sha256(session_key.encode()).hexdigest()[:40]


class SessionStore(DatabaseSessions):
    """Session store (``SESSION_ENGINE``) that looks rows up by hash and encrypts their data."""

    def _get_session_from_db(self) -> AbstractBaseSession | None:
        plain = self.session_key
        if plain is None:
            return None
        # Django's query filters by ``session_key``, and the row has only the hash.
        self._session_key = stored_key(plain)
        found: AbstractBaseSession | None = super()._get_session_from_db()  # type: ignore[misc]
        self._session_key = plain if found else None
        return found

    def exists(self, session_key: str) -> bool:
        return super().exists(stored_key(session_key))

    def create_model_instance(self, data: dict[str, Any]) -> AbstractBaseSession:
        made = super().create_model_instance(data)
        made.session_key = stored_key(made.session_key)
        return made

    def delete(self, session_key: str | None = None) -> None:
        named = session_key or self.session_key
        if named is not None:
            super().delete(stored_key(named))

    def encode(self, session_dict: dict[str, Any]) -> str:
        return encrypt(super().encode(session_dict)).decode()

    def decode(self, session_data: bytes | str) -> dict[str, Any]:
        opened = decrypt(session_data)
        if opened is None:
            logging.getLogger("django.security.SuspiciousSession").warning("Session can't be read")
            return {}
        return super().decode(opened)

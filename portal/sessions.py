"""Sessions in the database, with hashed keys and encrypted data: a leak opens no session.

Django's own store keeps the cookie's value as it is, and allauth puts a one-time code's secret into
the data while a second factor is set up.
"""

import hashlib
import logging
from typing import Any

from django.contrib.sessions.backends.db import SessionStore as DatabaseSessions
from django.contrib.sessions.base_session import AbstractBaseSession
from django.contrib.sessions.models import Session
from django.db.models import CharField, DateTimeField, QuerySet
from django.utils import timezone

from tenants.db.compiled import Param, compile_once
from tenants.db.encryption import decrypt, encrypt


@compile_once
def _session() -> QuerySet[Session]:
    key, now = Param("key", CharField()), Param("now", DateTimeField())
    return Session.objects.filter(session_key=key, expire_date__gt=now)


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
        # Django sets when a session ends by the machine's clock.
        found = _session().row(key=stored_key(plain), now=timezone.now())
        if found is None:
            self._session_key = None
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

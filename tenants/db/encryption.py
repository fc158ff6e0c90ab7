"""Texts encrypted with the deployment's keys, for what must not be read out of the database.

The first key encrypts, all decrypt: put a new one in front of ``HANDRAIL_BOX_KEYS`` to rotate.
"""

from functools import cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


def encrypt(text: str) -> bytes:
    """A token only these keys open; another one each time."""
    return _fernet(tuple(settings.SECRET_BOX_KEYS)).encrypt(text.encode())


def decrypt(token: bytes | str) -> str | None:
    """The text of a token; None where no key of this server opens it."""
    try:
        return _fernet(tuple(settings.SECRET_BOX_KEYS)).decrypt(token).decode()
    except InvalidToken:
        return None


@cache
def _fernet(keys: tuple[bytes, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])

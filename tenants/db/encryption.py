"""Texts are encrypted with the deployment's keys, so that the database alone does not reveal them.

The first key encrypts, all keys decrypt: put a new one in front of ``HANDRAIL_BOX_KEYS`` to rotate.
"""

from functools import cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


def encrypt(text: str) -> bytes:
    """Return a Fernet token that only these keys decrypt; another one each time."""
    return _fernet(tuple(settings.SECRET_BOX_KEYS)).encrypt(text.encode())


def decrypt(token: bytes | str) -> str | None:
    """Return the text of a token; None where no key of this server decrypts it."""
    try:
        return _fernet(tuple(settings.SECRET_BOX_KEYS)).decrypt(token).decode()
    except InvalidToken:
        return None


@cache
def _fernet(keys: tuple[bytes, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])

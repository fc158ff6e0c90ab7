"""What tests of the edge share."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.fakes.smtp import SmtpSink


@pytest.fixture
def post(settings: Any) -> Iterator[SmtpSink]:
    """A mail server that keeps everything it is sent."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    with SmtpSink() as sink:
        settings.EMAIL_PORT = sink.port
        yield sink


@pytest.fixture
def cheap_passwords(settings: Any) -> None:
    """Hash passwords in no time: trying many of them is not about their hashes."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

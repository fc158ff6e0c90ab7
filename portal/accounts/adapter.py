"""Adapters of allauth: accounts by invitation only, device cookies, encrypted factors."""

import base64
import hashlib
import secrets
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.core import signing
from django.core.mail import EmailMessage
from django.http import HttpRequest, HttpResponse

from portal.middleware.client_address import client_address
from tenants.db.encryption import decrypt, encrypt
from tenants.mail.smtp import BY_MACHINE
from tenants.models import User

DEVICE = "handrail_device_"  # followed by the start of an address's hash
DEVICE_SALT = "portal.device"
DEVICE_KEPT = timedelta(days=180)
TOKEN = "gAAAA"  # noqa: S105 - how every Fernet token begins: version and time


class InvitedOnly(DefaultAccountAdapter):  # type: ignore[misc]
    """Account adapter without open sign-up: only an invitation makes an account."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send a mail whose links lead to BASE_URL.

        allauth builds them from the Host header, which an attacker who asks for a reset chooses.
        """
        host = urlsplit(settings.BASE_URL).netloc
        fixed = {name: at_home(value) for name, value in context.items() if name.endswith("_url")}
        site = SimpleNamespace(name=host, domain=host)
        super().send_mail(template_prefix, email, {**context, **fixed, "current_site": site})

    def render_mail(
        self,
        template_prefix: str,
        email: str | list[str],
        context: dict[str, Any],
        headers: dict[str, str] | None = None,
    ) -> EmailMessage:
        """Return the mail, marked as automatic: otherwise out-of-office replies come back."""
        headers = (headers or {}) | BY_MACHINE
        made: EmailMessage = super().render_mail(template_prefix, email, context, headers)
        return made

    def format_email_subject(self, subject: str) -> str:
        return subject

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the client's address behind trusted proxies; sign-in limits count by it."""
        peer, said = request.META.get("REMOTE_ADDR", ""), request.headers.get("X-Forwarded-For", "")
        return client_address(peer, said, settings.TRUSTED_PROXIES)

    def post_login(
        self, request: HttpRequest, user: Any, *, redirect_url: str | None = None, **more: Any
    ) -> HttpResponse:
        """Set the device cookie, so that other people's wrong tries do not lock this device out."""
        answer = super().post_login(request, user, redirect_url=redirect_url, **more)
        name, value = _device(user.email)
        answer.set_cookie(
            name,
            value,
            max_age=DEVICE_KEPT,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )
        return cast(HttpResponse, answer)

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Return the key under which wrong passwords are counted: address, and session or device.

        Five tries of a stranger lock strangers out, not the person in their session or at a
        device they signed in from. allauth's key has the Host header, which gives more tries.
        """
        email = str(credentials.get("email", credentials.get("username", ""))).lower()
        user = getattr(request, "user", None)
        if isinstance(user, User) and user.email.lower() == email:
            return f"{email}:session:{user.pk}"
        return f"{email}:{_known_device(request, email)}"


class EncryptedFactors(DefaultMFAAdapter):  # type: ignore[misc]
    """MFA adapter that encrypts secrets of one-time codes and seeds of recovery codes."""

    def encrypt(self, text: str) -> str:
        return encrypt(text).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Return the plain text. A text stored before encryption was added is returned as it is."""
        if not encrypted_text.startswith(TOKEN):
            return encrypted_text
        # Where the key is lost no code may fit, so the secret is a random one.
        return decrypt(encrypted_text) or base64.b32encode(secrets.token_bytes(20)).decode()


def _device(email: str) -> tuple[str, str]:
    """Return name and value of the device cookie for an address that signed in."""
    digest = hashlib.sha256(email.lower().encode()).hexdigest()
    return f"{DEVICE}{digest[:16]}", signing.dumps([digest, secrets.token_hex(8)], salt=DEVICE_SALT)


def _known_device(request: HttpRequest, email: str) -> str:
    """Return the device's id from its cookie, empty where the cookie is missing or not valid."""
    digest = hashlib.sha256(email.encode()).hexdigest()
    said = request.COOKIES.get(f"{DEVICE}{digest[:16]}", "")
    try:
        owner, device = signing.loads(said, salt=DEVICE_SALT, max_age=DEVICE_KEPT)
    except (signing.BadSignature, ValueError, TypeError):
        return ""
    return str(device) if owner == digest else ""


def at_home(url: str) -> str:
    """Return the URL with BASE_URL in place of its scheme and host."""
    parts = urlsplit(url)
    rest = parts._replace(scheme="", netloc="").geturl()
    return f"{settings.BASE_URL.rstrip('/')}{rest}"

"""How allauth behaves here: people come by invitation only."""

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

DEVICE = "handrail_device_"  # and the start of the hash of an address
DEVICE_SALT = "portal.device"
DEVICE_KEPT = timedelta(days=180)
TOKEN = "gAAAA"  # noqa: S105 - how every Fernet token begins: version and time


class InvitedOnly(DefaultAccountAdapter):  # type: ignore[misc]
    """No open sign-up: an invitation makes the account."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send a mail whose links lead to our own address.

        allauth takes it from the Host header, which whoever asks for a reset chooses.
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
        """The mail, saying that no person wrote it: out-of-office replies come back else."""
        headers = (headers or {}) | BY_MACHINE
        made: EmailMessage = super().render_mail(template_prefix, email, context, headers)
        return made

    def format_email_subject(self, subject: str) -> str:
        return subject

    def get_client_ip(self, request: HttpRequest) -> str:
        """For the limits of sign-in, which count by address."""
        peer, said = request.META.get("REMOTE_ADDR", ""), request.headers.get("X-Forwarded-For", "")
        return client_address(peer, said, settings.TRUSTED_PROXIES)

    def post_login(
        self, request: HttpRequest, user: Any, *, redirect_url: str | None = None, **more: Any
    ) -> HttpResponse:
        """Remember the device, so that strangers' wrong tries do not count against it."""
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
        """Whose wrong passwords count together: by address, and apart for whom we know.

        Five tries of a stranger keep strangers out, not the person in their session or at a
        device they signed in from. The Host header, which allauth adds, would give more tries.
        """
        email = str(credentials.get("email", credentials.get("username", ""))).lower()
        user = getattr(request, "user", None)
        if isinstance(user, User) and user.email.lower() == email:
            return f"{email}:session:{user.pk}"
        return f"{email}:{_known_device(request, email)}"


class EncryptedFactors(DefaultMFAAdapter):  # type: ignore[misc]
    """Secrets of one-time codes and seeds of recovery codes are kept encrypted."""

    def encrypt(self, text: str) -> str:
        return encrypt(text).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """The text; one from before they were encrypted is read as it is."""
        if not encrypted_text.startswith(TOKEN):
            return encrypted_text
        # Where the key is lost no code may fit, so the secret is one that nobody knows.
        return decrypt(encrypted_text) or base64.b32encode(secrets.token_bytes(20)).decode()


def _device(email: str) -> tuple[str, str]:
    """Name and value of the cookie for whoever signs in with this address."""
    digest = hashlib.sha256(email.lower().encode()).hexdigest()
    return f"{DEVICE}{digest[:16]}", signing.dumps([digest, secrets.token_hex(8)], salt=DEVICE_SALT)


def _known_device(request: HttpRequest, email: str) -> str:
    """Which of the person's devices this is; empty for one that is not known."""
    digest = hashlib.sha256(email.encode()).hexdigest()
    said = request.COOKIES.get(f"{DEVICE}{digest[:16]}", "")
    try:
        owner, device = signing.loads(said, salt=DEVICE_SALT, max_age=DEVICE_KEPT)
    except (signing.BadSignature, ValueError, TypeError):
        return ""
    return str(device) if owner == digest else ""


def at_home(url: str) -> str:
    """The same page at the base address."""
    parts = urlsplit(url)
    rest = parts._replace(scheme="", netloc="").geturl()
    return f"{settings.BASE_URL.rstrip('/')}{rest}"

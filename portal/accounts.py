"""How allauth behaves here: people come by invitation only."""

from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import HttpRequest


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

    def format_email_subject(self, subject: str) -> str:
        return subject


def at_home(url: str) -> str:
    """The same page at the base address."""
    parts = urlsplit(url)
    rest = parts._replace(scheme="", netloc="").geturl()
    return f"{settings.BASE_URL.rstrip('/')}{rest}"

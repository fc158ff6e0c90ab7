"""How allauth behaves here: people come by invitation only."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class InvitedOnly(DefaultAccountAdapter):  # type: ignore[misc]
    """No open sign-up: an invitation makes the account."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

"""People who come in, and invitations for them."""

from django.test import Client as Http

from tenants.models import User
from tests.world import PASSWORD


def with_password(user: User) -> User:
    user.set_password(PASSWORD)
    user.save()
    return user


def signed_in(user: User) -> Http:
    http = Http()
    http.force_login(user)
    return http

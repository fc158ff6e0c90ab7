"""Make a provider admin, asking for the password."""

from argparse import ArgumentParser
from getpass import getpass
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from tenants.models import Provider, User


class Command(BaseCommand):
    """Make a staff account with the role admin, and the provider if it is missing."""

    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--name", default="")
        parser.add_argument("--provider", default="", help="the provider's name")

    def handle(self, *args: Any, **options: Any) -> None:
        if User.objects.filter(email=options["email"].lower()).exists():
            raise CommandError(f"There is somebody with the address {options['email']} already.")
        password = getpass("Password: ")
        user = User(email=options["email"].lower(), name=options["name"])
        try:
            validate_password(password, user)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        name = options["provider"] or "Provider"
        Provider.objects.get_or_create(id=1, defaults={"name": name})
        User.objects.create_user(
            options["email"], password, name=options["name"], is_staff=True, staff_role="admin"
        )
        self.stdout.write(f"{options['email']} is a provider admin now. Sign in at the portal.")

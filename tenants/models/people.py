"""The models of users, memberships, assignments and invitations."""

from typing import Any, ClassVar
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models import Q, QuerySet
from django.db.models.functions import Lower

from tenants import clock, roles
from tenants.db.compiled import Param, compile_once
from tenants.ids import uuid7


class UserManager(BaseUserManager["User"]):
    """The manager of users. Their e-mail address is the user name, compared without case."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Make a user; without a password they must set one by mail first."""
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get(self, *args: Any, **lookup: Any) -> "User":
        """Return one user. By id alone, as each request reads its person, is compiled once."""
        pk = lookup.get("pk")
        # A related manager, as of a group's users, is of a class derived from this one.
        is_all = type(self) is UserManager and not self._db
        if args or len(lookup) != 1 or not isinstance(pk, UUID) or not is_all:
            return super().get(*args, **lookup)
        user = _user().row(pk=pk)
        if user is None:
            raise User.DoesNotExist(f"There is no user {pk}.")
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=(username or "").lower())


@compile_once
def _user() -> "QuerySet[User]":
    return User.objects.filter(pk=Param("pk", models.UUIDField()))


class User(AbstractBaseUser, PermissionsMixin):
    """A person of the provider, of a client, or of several clients."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120, blank=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False, help_text="Works for the provider.")
    staff_role = models.CharField(
        max_length=12, blank=True, choices=roles.role_choices(roles.STAFF_ROLES)
    )
    date_joined = models.DateTimeField(default=clock.now, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(Lower("email"), name="user_email_any_case"),
            models.CheckConstraint(
                condition=Q(is_staff=True) | Q(staff_role=""), name="only_staff_have_a_staff_role"
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        return self.name or self.email

    def get_short_name(self) -> str:
        return self.name.split(" ")[0] if self.name else self.email


class Membership(models.Model):
    """A person in a client's business, with one role there."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    tenant = models.ForeignKey("tenants.Tenant", models.PROTECT, related_name="memberships")
    user = models.ForeignKey("tenants.User", models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=12, choices=roles.role_choices(roles.CLIENT_ROLES))
    is_active = models.BooleanField(default=True)
    since = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "user"], name="one_membership_a_person"),
        ]

    def __str__(self) -> str:
        return f"{self.user} ({self.get_role_display()})"


class Assignment(models.Model):
    """A member of the provider's staff who is assigned to a tenant."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    tenant = models.ForeignKey("tenants.Tenant", models.PROTECT, related_name="assignments")
    user = models.ForeignKey("tenants.User", models.PROTECT, related_name="assignments")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "tenant"], name="one_assignment_a_person"),
        ]

    def __str__(self) -> str:
        return f"{self.user} looks after {self.tenant}"


class Invitation(models.Model):
    """An invitation by mail. Its link is signed when the mail is made; no secret is stored."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    tenant = models.ForeignKey("tenants.Tenant", models.PROTECT, related_name="invitations")
    email = models.EmailField()
    role = models.CharField(max_length=12, choices=roles.role_choices(roles.CLIENT_ROLES))
    invited_by = models.ForeignKey("tenants.User", models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=clock.now, editable=False)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, editable=False)
    withdrawn_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                "tenant",
                Lower("email"),
                condition=Q(accepted_at=None, withdrawn_at=None),
                name="one_open_invitation_an_address",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.email} to {self.tenant}"

"""The models of API keys, secrets and per-workflow grants, all behind the wall."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from guardian.models import UserObjectPermissionAbstract

from tenants import clock
from tenants.models.base import TenantModel
from tenants.scope import current_tenant_id


class ApiKey(TenantModel):
    """An API key of a client's system. Only the hash of its secret part is stored."""

    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=12, editable=False)
    secret_hash = models.CharField(max_length=64, editable=False)
    scopes = ArrayField(models.CharField(max_length=24))
    made_by = models.ForeignKey("tenants.User", models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=clock.now, editable=False)
    last_used_on = models.DateField(null=True, editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "prefix"], name="api_key_prefix"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


class Secret(TenantModel):
    """A credential of the tenant, encrypted. Definitions refer to it by name only.

    ``environment`` and ``scope`` are empty where it serves both. ``kind`` is "oauth" where an
    authorization server issues its value (``OAuthConnection``). While it is exchanged, ``former``
    is the value before, until ``former_until``.
    """

    ENVIRONMENTS: ClassVar = [("", "Both"), ("live", "Live"), ("test", "Test")]
    SCOPES: ClassVar = [("", "Both"), ("read", "It reads"), ("write", "It changes things")]

    name = models.SlugField(max_length=60)
    ciphertext = models.BinaryField(editable=False)
    environment = models.CharField(
        max_length=4,
        choices=ENVIRONMENTS,
        default="",
        db_default="",
        blank=True,
        help_text="Only tools of this environment may have it.",
    )
    scope = models.CharField(
        max_length=5,
        choices=SCOPES,
        default="",
        db_default="",
        blank=True,
        help_text="A tool that only reads gets none that may change things.",
    )
    changed_at = models.DateTimeField(default=clock.now, editable=False)
    used_on = models.DateField(null=True, editable=False)
    kind = models.CharField(max_length=5, default="", db_default="", blank=True, editable=False)
    former = models.BinaryField(null=True, editable=False)
    former_until = models.DateTimeField(null=True, editable=False)
    former_used_on = models.DateField(null=True, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "name"], name="secret_name"),
        ]

    def __str__(self) -> str:
        return self.name


class ObjectGrant(UserObjectPermissionAbstract):
    """A grant: one permission of one person in one workflow. Only ``tenants.access`` writes it."""

    id = models.BigAutoField(primary_key=True)
    tenant = models.ForeignKey(
        "tenants.Tenant",
        on_delete=models.PROTECT,
        default=current_tenant_id,
        db_index=False,
        related_name="+",
    )

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["tenant", "user", "permission", "object_pk"], name="one_grant"
            ),
        ]
        unique_together: ClassVar = []
        indexes: ClassVar = []

    def __str__(self) -> str:
        return f"{self.user} may {self.permission.codename}"

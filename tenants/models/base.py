"""Base classes of tenant-owned models: manager, foreign key and model."""

from typing import Any

from django.db import models

from tenants.db.compiled import tenant_value
from tenants.ids import uuid7
from tenants.scope import PROVIDER, current_tenant_id, require_scope


class TenantManager[M: models.Model](models.Manager[M]):
    """The manager answers only inside a scope, and only with the scope's rows.

    Postgres enforces the same; the filter here lets it use the tenant's indexes.
    """

    def get_queryset(self) -> models.QuerySet[M]:
        require_scope(self._db)
        queryset = super().get_queryset()
        if self._db == PROVIDER:
            return queryset
        return queryset.filter(tenant_id=tenant_value())

    def none(self) -> models.QuerySet[M]:
        """Return a queryset that reads nothing, so it needs no scope. API schemas use it."""
        return models.QuerySet[M](self.model, using=self._db).none()

    def across(self) -> models.QuerySet[M]:
        """Return rows of all tenants the person of the person scope is assigned to. Read only."""
        return self.using(PROVIDER)

    def using(self, alias: str | None) -> models.QuerySet[M]:
        """Return a queryset on another connection, whose scope must be open."""
        return self.db_manager(alias).get_queryset()


class TenantForeignKey(models.ForeignKey[Any, Any]):
    """A foreign key inside one tenant. Its constraint is the wall's composite key."""

    inside_wall = True

    def __init__(self, to: Any, on_delete: Any = models.PROTECT, **kwargs: Any) -> None:
        kwargs["db_constraint"] = False
        super().__init__(to, on_delete, **kwargs)


class TenantModel(models.Model):
    """A row that belongs to one tenant and lives behind the wall."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    tenant = models.ForeignKey(
        "tenants.Tenant",
        on_delete=models.PROTECT,
        default=current_tenant_id,
        editable=False,
        db_index=False,
        related_name="+",
    )

    objects = TenantManager()

    class Meta:
        abstract = True

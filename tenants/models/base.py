"""Base classes of tenant-owned models: manager, foreign key and model."""

from collections.abc import Collection
from typing import Any, Self

from django.db import models
from django.db.models.base import ModelState

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

    @classmethod
    def from_db(
        cls,
        db: str | None,
        field_names: Collection[str],
        values: Collection[Any],
        *,
        fetch_mode: Any = None,
    ) -> Self:
        """Return the instance of a row. It is made as unpickling makes one, without ``__init__``.

        A page of the queue has 70 rows, and ``__init__`` with its signals costs more than reading
        them. Fields that were not read are deferred, as Django leaves them.
        """
        made = cls.__new__(cls)
        made._state = ModelState()
        made._state.adding, made._state.db = False, db
        if fetch_mode is not None:
            made._state.fetch_mode = fetch_mode
        vars(made).update(zip(field_names, values, strict=True))
        return made

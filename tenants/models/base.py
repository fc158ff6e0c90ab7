"""Base classes of tenant-owned models: manager, foreign key and model."""

from collections.abc import Callable, Collection
from functools import cache
from typing import Any, NamedTuple, Self

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


class NewInstance(NamedTuple):
    """What an instance of a model gets where its maker gives nothing.

    ``made`` has the attribute and the name of each field whose default is made anew each time.
    """

    names: frozenset[str]
    relations: frozenset[str]
    constants: dict[str, Any]
    made: list[tuple[str, str, Callable[[], Any]]]


@cache
def new_instance(model: type[models.Model]) -> NewInstance:
    """Return what a model's new instances get."""
    fields = [field for field in model._meta.concrete_fields if not field.generated]
    relations = frozenset(field.name for field in fields if field.remote_field)
    made = [(f.attname, f.name, f.get_default) for f in fields if callable(f.default)]
    return NewInstance(
        names=relations.union(field.attname for field in fields),
        relations=relations,
        constants={f.attname: f.get_default() for f in fields if not callable(f.default)},
        made=made,
    )


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

    def __init__(self, *args: Any, **given: Any) -> None:
        """Make a new instance as Django does, but without its signals, which nothing listens to.

        Django asks each field in turn, which costs ten times as much. What is given in another way
        than by the names of fields is left to it.
        """
        new = new_instance(type(self))
        if args or not given.keys() <= new.names:
            super().__init__(*args, **given)
            return
        self._state = ModelState()
        values = vars(self)
        values.update(new.constants)
        for attribute, name, make in new.made:
            if attribute not in given and name not in given:
                values[attribute] = make()
        for name in given.keys() & new.relations:
            setattr(self, name, given.pop(name))  # its descriptor keeps the object beside its id
        values.update(given)

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

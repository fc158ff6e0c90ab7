"""Querysets of hot pages are compiled to SQL once a process and run with new values.

Building and compiling a queryset costs more CPU than Postgres needs to answer it. A builder is a
plain function that returns a queryset, with ``Param`` in place of what differs from call to call:

    @compile_once
    def _snoozes() -> QuerySet[Snooze]:
        return Snooze.objects.filter(person_id=Param("person"), until__gt=Param("now"))

    _snoozes().rows(person=actor.id, now=clock.now())

The arguments of a builder say which shape of the query is wanted, so they must be hashable. The
tenant is filled in at each run: managers of tenant-owned models use ``tenant_value``.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from copy import copy
from datetime import date
from functools import lru_cache, wraps
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db.models import (
    BooleanField,
    Expression,
    F,
    Field,
    Func,
    JSONField,
    QuerySet,
    TextField,
    UUIDField,
)
from django.db.models.functions import Cast
from psycopg.sql import Literal

from tenants.db import unit_of_work
from tenants.scope import current_tenant_id

TENANT = "current tenant"
MOST_SHAPES = 128  # of one builder
_PLACE = re.compile("%%|%s")

_compiling: ContextVar[bool] = ContextVar("handrail_compiling", default=False)


class _Named:
    """The place of a parameter among the values of compiled SQL."""

    def __init__(self, name: str) -> None:
        self.name = name


class Param(Expression):
    """A value that a compiled query is given by name at each run."""

    allowed_default = False

    def __init__(self, name: str, output_field: "Field[Any, Any] | None" = None) -> None:
        super().__init__(output_field=output_field)
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[_Named]]:  # type: ignore[override]
        field = self._output_field_or_none  # type: ignore[attr-defined]
        cast = f"::{field.db_type(connection)}" if field else ""
        return f"(%s{cast})", (_Named(self.name),)

    def get_group_by_cols(self) -> list[Any]:
        return []


class OneOf(Func):
    """Whether a field is one of a list given as one parameter: ``filter(OneOf("pk", "ids"))``."""

    arg_joiner = " = ANY("
    template = "%(expressions)s)"
    output_field = BooleanField()

    def __init__(self, field: str, name: str) -> None:
        super().__init__(F(field), Param(name))


class LikeAll(Func):
    """Whether a text is like every pattern of a list, for which it is computed only once."""

    arg_joiner = " LIKE ALL("
    template = "%(expressions)s)"
    output_field = BooleanField()


class JsonList(Func):
    """A JSON list of one text, as jsonb: for ``contains`` with a parameter."""

    function = "jsonb_build_array"
    output_field = JSONField()

    def __init__(self, text: Any) -> None:
        super().__init__(Cast(text, TextField()))


def tenant_value() -> UUID | Param:
    """Return the tenant to filter by: the current one, or its parameter while SQL is compiled."""
    return Param(TENANT, UUIDField()) if _compiling.get() else current_tenant_id()


@contextmanager
def compiling() -> Iterator[None]:
    """Inside the block managers filter by a parameter, and not by the scope's tenant."""
    token = _compiling.set(True)
    try:
        yield
    finally:
        _compiling.reset(token)


class CompiledSql:
    """SQL with the places of named values; all other values are part of its text.

    So the statement, which is prepared, is planned for what never changes: a plan for any status
    could not use the partial indexes of waiting items.
    """

    def __init__(self, sql: str, values: Iterable[Any]) -> None:
        """Raise TypeError for a time that is no ``Param``: it would stay that of the first run."""
        given, self._order = iter(values), list[str]()

        def place(found: re.Match[str]) -> str:
            if found[0] == "%%":
                return "%%"
            value = next(given)
            if isinstance(value, _Named):
                self._order.append(value.name)
                return "%s"
            if isinstance(value, date):
                raise TypeError(f"Give a time to a compiled query as a Param: {value}")
            return Literal(value).as_string().replace("%", "%%")

        self.sql = _PLACE.sub(place, sql)
        self.names = frozenset(self._order)

    def rows(self, given: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Run the statement with these values and the current tenant's id; return its rows.

        Raises TypeError for a missing name. Others are left out, as shapes of one query need
        different ones.
        """
        if TENANT in self.names:
            given = {**given, TENANT: current_tenant_id()}
        if missing := self.names - given.keys():
            raise TypeError(f"Parameters of a compiled query are missing: {sorted(missing)}")
        return unit_of_work.rows(self.sql, [given[name] for name in self._order])


class CompiledQuery[Row]:
    """A queryset as SQL, with what Django needs to make its rows."""

    def __init__(self, queryset: QuerySet[Any, Row]) -> None:
        self._queryset = queryset
        self._compiler = queryset.query.get_compiler(using=queryset.db)
        try:
            self._sql = CompiledSql(*self._compiler.as_sql())
        except EmptyResultSet:
            self._sql = CompiledSql("", ())

    def rows(self, /, **values: Any) -> list[Row]:
        """Run the query and return its rows, as the queryset would."""
        if not self._sql.sql:
            return []
        given, found = self._queryset, self._sql.rows(values)
        compiler, query = copy(self._compiler), copy(given.query)
        compiler.execute_sql = lambda *_, **__: [found]
        query.get_compiler = lambda *_, **__: compiler  # type: ignore[method-assign]
        # What Django's iterables read of a queryset; a clone of one costs more than all of this.
        asked: Any = SimpleNamespace(**{**vars(given), "query": query, "db": given.db})
        rows: Any = given._iterable_class(asked)
        return list(rows)

    def row(self, /, **values: Any) -> Row | None:
        """Run the query and return its first row; None where there is none."""
        found = self.rows(**values)
        return found[0] if found else None


def compile_once[**P, Row](
    build: Callable[P, QuerySet[Any, Row]],
) -> Callable[P, CompiledQuery[Row]]:
    """Let a builder return its queryset compiled, once for each of its arguments."""

    @lru_cache(maxsize=MOST_SHAPES)
    def compiled(*args: Any, **kwargs: Any) -> CompiledQuery[Row]:
        with compiling():
            return CompiledQuery(build(*args, **kwargs))

    return wraps(build)(compiled)  # type: ignore[return-value]

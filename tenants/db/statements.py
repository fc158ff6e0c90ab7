"""A statement is SQL with named parameters and a row type, made once as a module constant."""

import json
import re
from collections.abc import Callable
from itertools import starmap
from typing import Any, overload

from tenants.db import unit_of_work
from tenants.db.sql import Values

_PERCENT = re.compile(r"%(?:%|\((\w+)\)s)?")


class SqlStatement[Row]:
    """A statement has SQL with ``%(name)s`` parameters, and ``row``, which makes a row typed.

    Callers give each parameter by its name; a missing or unknown one is a TypeError. A percent sign
    is written ``%%``. ``apart``: the statement reads nothing that is kept, so the kept writes of
    ``unit_of_work`` are not sent before.
    """

    @overload
    def __init__(self: "SqlStatement[None]", sql: str) -> None: ...
    @overload
    def __init__(self, sql: str, row: Callable[..., Row], *, apart: bool = False) -> None: ...

    def __init__(
        self, sql: str, row: Callable[..., Any] = lambda *_: None, *, apart: bool = False
    ) -> None:
        self.sql = sql
        self._row, self._apart = row, apart
        self._positional, self._order = _positional(sql)
        self._names = frozenset(self._order)

    def rows(self, /, **values: Any) -> list[Row]:
        """Run the statement in the open transaction, prepared, and return its rows."""
        found = unit_of_work.rows(self._positional, self._values(values), apart=self._apart)
        return list(starmap(self._row, found))

    def row(self, /, **values: Any) -> Row | None:
        """Run the statement and return its first row; None where there is none."""
        found = self.rows(**values)
        return found[0] if found else None

    def run(self, /, **values: Any) -> int:
        """Run the statement and return how many rows it gave."""
        values_ = self._values(values)
        return len(unit_of_work.rows(self._positional, values_, apart=self._apart))

    def keep(self, /, **values: Any) -> None:
        """Keep the statement; it is sent with the other kept writes of the transaction."""
        unit_of_work.keep_statement(self._positional, self._values(values))

    def rows_on(self, connection: Any, /, **values: Any) -> list[Row]:
        """Run the statement on this connection, with values bound by the client."""
        self._values(values)
        with connection.cursor() as cursor:
            cursor.execute(self.sql, values)
            return list(starmap(self._row, cursor.fetchall())) if cursor.description else []

    def _values(self, values: dict[str, Any]) -> Values:
        if values.keys() != self._names:
            missing, unknown = self._names - values.keys(), values.keys() - self._names
            said = [f"{name} is missing" for name in sorted(missing)]
            said += [f"{name} is unknown" for name in sorted(unknown)]
            raise TypeError(f"Parameters of a statement: {', '.join(said)}.")
        return [values[name] for name in self._order]


def _positional(sql: str) -> tuple[str, tuple[str, ...]]:
    """Return the SQL with ``%s`` for each name, and the names in the order of these places."""
    order: list[str] = []

    def place(found: re.Match[str]) -> str:
        if found[1] is None and found[0] != "%%":
            raise ValueError(f"Write %(name)s or %% here: {sql[found.start() :][:20]!r}")
        if found[1] is None:
            return "%%"
        # Each occurrence of a name is a parameter of its own: values are sent as text without a
        # type, and one parameter read as two types in two places is an error to Postgres.
        order.append(found[1])
        return "%s"

    return _PERCENT.sub(place, sql), tuple(order)


def json_value(text: str | None) -> Any:
    """Return the value of a row's only column, which gives JSON as text or NULL."""
    return json.loads(text) if text else None

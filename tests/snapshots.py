"""Copies of rows that were made once: as if made again, with ids and times of their own."""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection

from tenants import clock
from tenants.ids import uuid7
from tenants.scope import tenant_scope

AN_HOUR = timedelta(hours=1)
MIGRATED = ("django_migrations", "django_content_type", "auth_permission")
ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
# A time that was read from a clock has a fraction; a time that somebody wrote has none.
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{1,6}\+00:00")
TABLES = """
    SELECT c.relname, array_agg(quote_ident(a.attname) ORDER BY a.attnum)
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
      AND NOT c.relispartition AND a.attnum > 0 AND NOT a.attisdropped
      AND a.attgenerated = '' AND a.attidentity = '' AND NOT c.relname = ANY(%s)
    GROUP BY c.relname ORDER BY c.relname
"""


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of one table that are written in one tenant's scope, as JSON."""

    tenant_id: str
    table: str
    columns: str
    text: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All rows there are but those of migrations, and when they were made."""

    at: datetime
    rows: list[Rows]

    def fits_now(self) -> bool:
        """Whether its times can be moved to now: times without a fraction are not told apart."""
        late = abs(clock.now() - self.at)
        return not late or (late < AN_HOUR and self.at.microsecond > 0)

    def restore(self, changed: Callable[[str], str]) -> Callable[[UUID], UUID]:
        """Write the rows with new ids, as if made now; ``changed`` edits their text.

        Returns what tells the new id of an old one. Packed columns keep the ids they have.
        """
        new = self._new_ids()
        late = clock.now() - self.at

        def text(old: str) -> str:
            old = ID.sub(lambda found: new.get(found[0], found[0]), changed(old))
            if not late:
                return old
            return TIME.sub(
                lambda found: (datetime.fromisoformat(found[0]) + late).isoformat(), old
            )

        self._write(text, lambda tenant_id: new.get(tenant_id, ""))
        return lambda old: UUID(new[str(old)])

    def restore_same(self) -> None:
        """Write the rows as they were, ids and times too."""
        self._write(str, str)

    def _write(self, text: Callable[[str], str], tenant: Callable[[str], str]) -> None:
        for tenant_id in dict.fromkeys(one.tenant_id for one in self.rows):
            inside = [one for one in self.rows if one.tenant_id == tenant_id]
            with _scope(tenant(tenant_id)), connection.cursor() as cursor:
                cursor.execute(_insert(inside), [text(one.text) for one in inside])

    def _new_ids(self) -> dict[str, str]:
        old = sorted({found for one in self.rows for found in ID.findall(one.text)})
        return {one: str(uuid7()) for one in old}


def take(tenant_ids: list[UUID]) -> Snapshot:
    """All rows of the database, those of these tenants in their scopes."""
    seen: set[tuple[str, str]] = set()
    found: list[Rows] = []
    for tenant_id in ["", *map(str, tenant_ids)]:
        with _scope(tenant_id):
            for table, columns, rows in _visible():
                fresh = [row for row in rows if (table, row) not in seen]
                seen.update((table, row) for row in fresh)
                if fresh:
                    found.append(Rows(tenant_id, table, columns, f"[{','.join(fresh)}]"))
    return Snapshot(clock.now(), found)


def _visible() -> Iterator[tuple[str, str, list[str]]]:
    with connection.cursor() as cursor:
        cursor.execute(TABLES, [list(MIGRATED)])
        for table, names in cursor.fetchall():
            columns = ", ".join(names)
            cursor.execute(f"SELECT row_to_json(r)::text FROM (SELECT {columns} FROM {table}) r")
            yield table, columns, [row for (row,) in cursor.fetchall()]


def _insert(inside: list[Rows]) -> str:
    """One statement for all: its foreign keys are checked at its end."""
    parts = [
        f"w{number} AS (INSERT INTO {one.table} ({one.columns}) "
        f"SELECT {one.columns} FROM json_populate_recordset(NULL::{one.table}, %s))"
        for number, one in enumerate(inside)
    ]
    return f"WITH {', '.join(parts)} SELECT 1"


def _scope(tenant_id: str) -> AbstractContextManager[None]:
    return tenant_scope(UUID(tenant_id)) if tenant_id else nullcontext()

"""The order of a table's columns is changed by a migration operation.

When a row changes, Postgres logs the bytes between the first and the last byte that differ, if the
new version fits on the page of the old one (``log_heap_update`` in its ``heapam.c``). So columns
that change belong after those that are large and stay.
"""

from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

_COLUMN = """
SELECT format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid)
FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attrelid = %s::regclass AND a.attname = %s
"""

# Constraints, and indexes of no constraint, that use one of the columns. NOT NULL is kept apart.
_DEPENDENTS = """
SELECT DISTINCT 'ALTER TABLE ' || conrelid::regclass || ' ADD CONSTRAINT ' || quote_ident(conname)
       || ' ' || pg_get_constraintdef(c.oid)
FROM pg_constraint c JOIN pg_depend p ON p.classid = 'pg_constraint'::regclass AND p.objid = c.oid
JOIN pg_attribute a ON a.attrelid = p.refobjid AND a.attnum = p.refobjsubid
WHERE c.contype <> 'n' AND p.refobjid = %s::regclass AND a.attname = ANY(%s)
UNION
SELECT DISTINCT pg_get_indexdef(p.objid)
FROM pg_index i JOIN pg_depend p ON p.classid = 'pg_class'::regclass AND p.objid = i.indexrelid
JOIN pg_attribute a ON a.attrelid = p.refobjid AND a.attnum = p.refobjsubid
WHERE p.refobjid = %s::regclass AND a.attname = ANY(%s)
"""


class MoveToEnd(Operation):
    """Migration operation: make these columns the last of a model's table, in this order.

    The table is rewritten. Values pass through generated columns and not through an UPDATE, which
    the wall would stop.
    """

    reduces_to_sql = False
    reversible = True

    def __init__(self, name: str, *columns: str) -> None:
        self.name, self.columns = name, columns

    def deconstruct(self) -> tuple[str, tuple[str, ...], dict[str, Any]]:
        return (type(self).__name__, (self.name, *self.columns), {})

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """The order of columns is not part of Django's model state."""

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        table = to_state.apps.get_model(app_label, self.name)._meta.db_table
        names = list(self.columns)
        with schema_editor.connection.cursor() as cursor:
            cursor.execute(_DEPENDENTS, [table, names, table, names])
            dependents = [row[0] for row in cursor.fetchall()]
            facts = []
            for name in names:
                cursor.execute(_COLUMN, [table, name])
                facts.append((name, *cursor.fetchone()))
        for statement in _moves(table, facts) + dependents:
            schema_editor.execute(statement, params=None)

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        """The order of columns makes no difference to older code."""

    def describe(self) -> str:
        return f"Move {', '.join(self.columns)} to the end of {self.name}"


def _moves(table: str, facts: list[tuple[str, str, bool, str | None]]) -> list[str]:
    def alter(parts: list[str]) -> str:
        return f"ALTER TABLE {table} " + ", ".join(parts)

    added = [
        f'ADD COLUMN "{name}_moved" {kind} GENERATED ALWAYS AS ("{name}") STORED'
        for name, kind, _, _ in facts
    ]
    freed = [f'ALTER COLUMN "{name}_moved" DROP EXPRESSION' for name, *_ in facts]
    # CASCADE takes the constraints and indexes that are made again afterwards.
    dropped = [f'DROP COLUMN "{name}" CASCADE' for name, *_ in facts]
    renamed = [f'ALTER TABLE {table} RENAME "{n}_moved" TO "{n}"' for n, *_ in facts]
    kept = [f'ALTER COLUMN "{name}" SET NOT NULL' for name, _, needed, _ in facts if needed]
    kept += [f'ALTER COLUMN "{name}" SET DEFAULT {value}' for name, _, _, value in facts if value]
    moved = [alter(added), alter(freed), alter(dropped), *renamed]
    return [*moved, alter(kept)] if kept else moved

"""The order of a table's columns is changed by a migration operation.

When a row changes, Postgres logs the bytes between the first and the last byte that differ, if the
new version fits on the page of the old one (``log_heap_update`` in its ``heapam.c``). So columns
that change belong after those that are large and stay.
"""

from typing import Any, NamedTuple

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from tenants.db.statements import SqlStatement


class _Column(NamedTuple):
    name: str
    type: str
    is_needed: bool
    default: str | None


# A column's type, whether it is NOT NULL, and its default are read.
_COLUMN = SqlStatement(
    """
SELECT a.attname::text AS name, format_type(a.atttypid, a.atttypmod) AS type,
       a.attnotnull AS is_needed, pg_get_expr(d.adbin, d.adrelid) AS default
FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attrelid = %(table)s::regclass AND a.attname = %(column)s
""",
    _Column,
)

# Constraints, and indexes of no constraint, that use one of the columns are read as the statements
# that make them. NOT NULL is kept apart.
_DEPENDENTS = SqlStatement(
    """
SELECT DISTINCT 'ALTER TABLE ' || conrelid::regclass || ' ADD CONSTRAINT ' || quote_ident(conname)
       || ' ' || pg_get_constraintdef(c.oid)
FROM pg_constraint c JOIN pg_depend p ON p.classid = 'pg_constraint'::regclass AND p.objid = c.oid
JOIN pg_attribute a ON a.attrelid = p.refobjid AND a.attnum = p.refobjsubid
WHERE c.contype <> 'n' AND p.refobjid = %(table)s::regclass AND a.attname = ANY(%(columns)s)
UNION
SELECT DISTINCT pg_get_indexdef(p.objid)
FROM pg_index i JOIN pg_depend p ON p.classid = 'pg_class'::regclass AND p.objid = i.indexrelid
JOIN pg_attribute a ON a.attrelid = p.refobjid AND a.attnum = p.refobjsubid
WHERE p.refobjid = %(table)s::regclass AND a.attname = ANY(%(columns)s)
""",
    str,
)


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
        names, connection = list(self.columns), schema_editor.connection
        dependents = _DEPENDENTS.rows_on(connection, table=table, columns=names)
        columns = [_COLUMN.rows_on(connection, table=table, column=name)[0] for name in names]
        for statement in _moves(table, columns) + dependents:
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


def _moves(table: str, columns: list[_Column]) -> list[str]:
    def alter(parts: list[str]) -> str:
        return f"ALTER TABLE {table} " + ", ".join(parts)

    added = [
        f'ADD COLUMN "{c.name}_moved" {c.type} GENERATED ALWAYS AS ("{c.name}") STORED'
        for c in columns
    ]
    freed = [f'ALTER COLUMN "{c.name}_moved" DROP EXPRESSION' for c in columns]
    # CASCADE takes the constraints and indexes that are made again afterwards.
    dropped = [f'DROP COLUMN "{c.name}" CASCADE' for c in columns]
    renamed = [f'ALTER TABLE {table} RENAME "{c.name}_moved" TO "{c.name}"' for c in columns]
    kept = [f'ALTER COLUMN "{c.name}" SET NOT NULL' for c in columns if c.is_needed]
    kept += [f'ALTER COLUMN "{c.name}" SET DEFAULT {c.default}' for c in columns if c.default]
    moved = [alter(added), alter(freed), alter(dropped), *renamed]
    return [*moved, alter(kept)] if kept else moved

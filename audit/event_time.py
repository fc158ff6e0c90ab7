"""The times of events and seals are checked by a database trigger against the database's clock.

The app writes the time of ``tenants.clock``, so that tests and the demo can move it. The trigger
refuses a time that is more than MINUTES off. Only the owner of the tables can turn the check off.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tenants.db.statements import SqlStatement

TABLES = ("audit_event", "audit_seal")
# A table comment can be set by the table's owner without a superuser, and by no other role.
MOVED = "handrail: the clock may be moved"
# Allows for the difference between server clocks and for a transaction that takes long.
MINUTES = 5

# The mark is looked up in the catalog, because a session could set a variable or make a temporary
# table itself. The id is checked as well: a UUIDv7 begins with its time and orders the events.
CHECK_TIME = f"""
CREATE OR REPLACE FUNCTION handrail_check_time() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    said timestamptz;
    ordered timestamptz := to_timestamp(
        ('x' || left(replace(NEW.id::text, '-', ''), 12))::bit(48)::bigint / 1000.0);
BEGIN
    IF TG_TABLE_NAME = 'audit_event' THEN said := NEW.at; ELSE said := NEW.made_at; END IF;
    IF (said BETWEEN clock_timestamp() - interval '{MINUTES} minutes'
            AND clock_timestamp() + interval '{MINUTES} minutes'
        AND ordered BETWEEN clock_timestamp() - interval '{MINUTES} minutes'
            AND clock_timestamp() + interval '{MINUTES} minutes')
    OR EXISTS (
        SELECT FROM pg_catalog.pg_description
        WHERE objoid = TG_RELID AND objsubid = 0 AND description = '{MOVED}')
    THEN RETURN NEW; END IF;
    RAISE EXCEPTION 'the time % of a row of % is not that of the database', said, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation',
        HINT = 'Set the clocks of the servers alike.';
END $$
"""


# A mark on one of these tables says that their check is off.
_IS_OFF = SqlStatement(
    "SELECT EXISTS (SELECT FROM pg_description WHERE description = %(mark)s "
    "AND objoid = ANY (%(tables)s::regclass[]))",
    bool,
)


def let_move(owner: Any, moved: bool) -> None:
    """Switch the check of event times off (``moved``) or on again.

    ``owner`` is a database connection of the role that owns the tables.
    """
    with owner.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"COMMENT ON TABLE {table} IS {repr(MOVED) if moved else 'NULL'}")


@contextmanager
def moved_clock(owner: Any) -> Iterator[None]:
    """The check of event times is off inside the block, so that a history may begin in the past."""
    let_move(owner, True)
    try:
        yield
    finally:
        let_move(owner, False)


def may_move(connection: Any) -> bool:
    """Return whether the check of event times is off in this database."""
    (is_off,) = _IS_OFF.rows_on(connection, mark=MOVED, tables=list(TABLES))
    return is_off

"""Times of events, which the database compares with its own clock.

The app writes the moment its clock seam gives, so that tests and the demo can move it; a trigger
refuses one that is minutes off. Only the owner of the tables can let it be moved.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

TABLES = ("audit_event", "audit_seal")
# A comment is the one mark that a table's owner sets without a superuser, and nobody else can.
MOVED = "handrail: the clock may be moved"
# How far clocks of servers may be apart, and an act may last before it is written down.
MINUTES = 5

# What a session sets or makes for itself does not count: the mark is looked up in the catalog.
# An id begins with its time and tells the order of events.
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


def let_move(owner: Any, moved: bool) -> None:
    """Let events have any time, or no more. ``owner`` is a connection of the tables' owner."""
    with owner.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"COMMENT ON TABLE {table} IS {repr(MOVED) if moved else 'NULL'}")


@contextmanager
def moved_clock(owner: Any) -> Iterator[None]:
    """Let a history be lived through that begins before now."""
    let_move(owner, True)
    try:
        yield
    finally:
        let_move(owner, False)


def may_move(connection: Any) -> bool:
    """Whether events of this database may have any time."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_description WHERE description = %s "
            "AND objoid = ANY (%s::regclass[]))",
            [MOVED, list(TABLES)],
        )
        return bool(cursor.fetchone()[0])

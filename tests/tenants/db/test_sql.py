"""Kept writes become one statement, its values in the order of its placeholders."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from approvals.models import Proposal, Snooze
from tenants.db.sql import Kept, StatementShape, Update, combined_statement, numbered, shape_of
from tenants.models import Secret

NOON = datetime(2026, 11, 17, 12, 0, tzinfo=UTC)
ONE, TWO, TENANT, ITEM, PERSON = (UUID(int=n) for n in range(1, 6))
ROW = {"id": ONE, "tenant_id": TENANT, "item_id": ITEM, "person_id": PERSON, "until": NOON}
SPELT = [ONE.hex, TENANT.hex, ITEM.hex, PERSON.hex, "2026-11-17T12:00:00+00:00"]
INSERT = (
    'INSERT INTO "approvals_snooze" ("id", "tenant_id", "item_id", "person_id", "until") VALUES'
)
UPDATE = 'UPDATE "approvals_snooze" SET "until" = %s WHERE tenant_id = %s AND id = %s'


def update(**guard: object) -> Update:
    return Update(Snooze, TENANT, TWO, {"until": NOON}, guard, None)


@pytest.mark.parametrize(
    ("sql", "wanted"),
    [
        ("SELECT 1", "SELECT 1"),
        ("SELECT %s", "SELECT $1"),
        ("%s, %s AND %s", "$1, $2 AND $3"),
        ("%s" * 11, "".join(f"${n}" for n in range(1, 12))),
    ],
)
def test_placeholders_are_numbered_in_their_order(sql: str, wanted: str) -> None:
    assert numbered(sql) == wanted


def test_a_row_is_spelt_in_the_order_of_its_columns() -> None:
    values: list[object] = ["before"]
    shape_of(Snooze).spell(dict(reversed(ROW.items())), values)
    assert values == ["before", *SPELT]
    values = []
    shape_of(Snooze).spell(Snooze(**ROW), values)
    assert values == SPELT


def test_an_id_may_be_text() -> None:
    values: list[object] = []
    shape_of(Snooze).spell({**ROW, "item_id": str(ITEM)}, values)
    assert values == [*SPELT[:2], str(ITEM), *SPELT[3:]]


def test_nothing_is_null() -> None:
    values: list[object] = []
    shape_of(Snooze).spell({**ROW, "until": None}, values)
    assert values == [*SPELT[:-1], None]


def test_a_value_that_the_database_would_replace_is_refused() -> None:
    with pytest.raises(ValueError, match="planted from the database: True is lost"):
        shape_of(Proposal).spell({"planted": True}, [])


def test_bytes_are_not_written_this_way() -> None:
    with pytest.raises(TypeError, match="holds bytes"):
        StatementShape(Secret)


def test_writes_become_one_statement_that_counts_each_update() -> None:
    kept = Kept(inserts={Snooze: [ROW, ROW]}, plain=[("DELETE FROM x WHERE a = %s", ["gone"])])
    guarded = [update(), update(item_id=ITEM, person_id=None)]
    sql, values = combined_statement(kept, guarded)
    row = "(%s, %s, %s, %s, %s)"
    assert sql == (
        f"WITH p0 AS ({INSERT} {row}, {row}), "
        f"p1 AS ({UPDATE} RETURNING 1), "
        f'p2 AS ({UPDATE} AND "item_id" = %s AND "person_id" = %s RETURNING 1), '
        "p3 AS (DELETE FROM x WHERE a = %s) "
        "SELECT (SELECT count(*) FROM p1), (SELECT count(*) FROM p2)"
    )
    changed = [SPELT[-1], TENANT.hex, TWO.hex]
    assert values == [*SPELT, *SPELT, *changed, *changed, ITEM.hex, None, "gone"]
    assert sql.count("%s") == len(values)


def test_inserts_alone_are_counted_by_nothing() -> None:
    sql, values = combined_statement(Kept(inserts={Snooze: [ROW]}), [])
    assert sql == f"WITH p0 AS ({INSERT} (%s, %s, %s, %s, %s)) SELECT "
    assert values == SPELT


def test_kept_writes_are_any_of_three_kinds() -> None:
    assert not Kept()
    assert Kept(inserts={Snooze: [ROW]})
    assert Kept(updates={(Snooze, TWO): update()})
    assert Kept(plain=[("DELETE FROM x", [])])

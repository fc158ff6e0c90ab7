"""The writes of a transaction are kept, and sent together before anything is read."""

from typing import Any
from uuid import UUID

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from approvals.models import NeverRule
from tenants.db import unit_of_work
from tenants.db.sql import NewRow
from tenants.errors import Conflict
from tenants.scope import tenant_scope
from tests.lanes import Lane


def rule(lane: Lane, tool: str = "a.b", **more: Any) -> NeverRule:
    return NeverRule(tool=tool, made_by_id=lane.client.owner.pk, **more)


def columns(row: NeverRule) -> NewRow:
    return NeverRule, {f.attname: getattr(row, f.attname) for f in row._meta.concrete_fields}


def tools() -> list[str]:
    return list(NeverRule.objects.order_by("tool").values_list("tool", flat=True))


def keep_and_break(row: NeverRule) -> None:
    unit_of_work.insert(row)
    raise ValueError("no")


def lost() -> Exception:
    return Conflict("It changed.")


def test_new_rows_are_sent_together_when_something_is_read(lane: Lane) -> None:
    with CaptureQueriesContext(connection) as asked:
        unit_of_work.insert(rule(lane, "a.a"), rule(lane, "b.b"))
        unit_of_work.insert(rule(lane, "c.c"))
        assert len(asked) == 0
        assert tools() == ["a.a", "b.b", "c.c"]
    assert len(asked) == 2


def test_values_are_read_when_they_are_sent(lane: Lane) -> None:
    new = rule(lane, "a.a")
    unit_of_work.insert(new)
    new.tool = "b.b"
    unit_of_work.update(new, {"kind": "send"})
    unit_of_work.send_kept()
    assert list(NeverRule.objects.values_list("tool", "kind")) == [("b.b", "send")]


def test_an_update_is_kept_and_set_at_once_on_the_object(lane: Lane) -> None:
    made = rule(lane)
    made.save()
    unit_of_work.update(made, {"tool": "b.b"}, guard={"tool": "a.b"}, lost=lost)
    assert made.tool == "b.b"
    assert tools() == ["b.b"]


def test_of_two_updates_of_a_row_the_later_counts_under_the_first_guard(lane: Lane) -> None:
    made = rule(lane)
    made.save()
    unit_of_work.update(made, {"tool": "b.b", "kind": "send"}, guard={"tool": "a.b"})
    unit_of_work.update(made, {"tool": "c.c"}, guard={"tool": "other"}, lost=lost)
    unit_of_work.send_kept()
    assert list(NeverRule.objects.values_list("tool", "kind")) == [("c.c", "send")]


def test_an_update_whose_guard_no_longer_holds_is_a_lost_race(lane: Lane) -> None:
    made = rule(lane)
    made.save()
    unit_of_work.update(made, {"tool": "b.b"}, guard={"tool": "other"}, lost=lost)
    with pytest.raises(Conflict, match="It changed"):
        unit_of_work.send_kept()
    assert tools() == ["a.b"]


def test_without_an_error_for_it_an_update_of_no_row_is_none(lane: Lane) -> None:
    made = rule(lane)
    made.save()
    unit_of_work.update(made, {"tool": "b.b"}, guard={"tool": "other"})
    unit_of_work.send_kept()
    assert tools() == ["a.b"]


def test_a_row_that_is_taken_is_not_inserted(lane: Lane) -> None:
    made = rule(lane)
    assert unit_of_work.insert_unless(made, taken="(tenant_id, id)")
    assert not made._state.adding
    again = rule(lane, "b.b", id=made.id)
    assert not unit_of_work.insert_unless(again, taken="(tenant_id, id)")
    assert again._state.adding
    assert tools() == ["a.b"]


def test_rows_go_along_with_a_row_that_is_inserted_and_with_no_other(lane: Lane) -> None:
    made = rule(lane)
    for tool, is_new in (("b.b", True), ("c.c", False)):
        along = [columns(rule(lane, f"{tool}{n}")) for n in range(2)]
        with CaptureQueriesContext(connection) as asked:
            assert unit_of_work.insert_unless(made, *along, taken="(tenant_id, id)") is is_new
        assert len(asked) == 1
    assert tools() == ["a.b", "b.b0", "b.b1"]


def test_what_is_kept_goes_with_a_rolled_back_savepoint(lane: Lane) -> None:
    unit_of_work.insert(rule(lane, "a.a"))
    with pytest.raises(ValueError, match="no"), transaction.atomic():
        keep_and_break(rule(lane, "b.b"))
    assert tools() == ["a.a"]


def test_a_block_sends_at_its_end_or_drops_where_it_raises(lane: Lane) -> None:
    with unit_of_work.sent_at_end():
        unit_of_work.insert(rule(lane, "a.a"))
    with pytest.raises(ValueError, match="no"), unit_of_work.sent_at_end():
        keep_and_break(rule(lane, "b.b"))
    assert tools() == ["a.a"]


def test_each_batch_is_a_statement_of_its_own(lane: Lane) -> None:
    unit_of_work.next_batch()
    unit_of_work.insert(rule(lane, "a.a"))
    unit_of_work.next_batch()
    unit_of_work.next_batch()
    unit_of_work.insert(rule(lane, "b.b"))
    with CaptureQueriesContext(connection) as asked:
        unit_of_work.send_kept()
    assert len(asked) == 2
    assert tools() == ["a.a", "b.b"]


def test_a_plain_statement_is_kept_like_the_others(lane: Lane) -> None:
    rule(lane, "a.a").save()
    unit_of_work.keep_statement("DELETE FROM approvals_neverrule WHERE tool = %s", ["a.a"])
    assert tools() == []


def test_nothing_kept_is_no_statement(lane: Lane) -> None:
    unit_of_work.send_kept()
    with CaptureQueriesContext(connection) as asked:
        unit_of_work.send_kept()
    assert len(asked) == 0


def test_a_failing_statement_is_djangos_error(lane: Lane) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        unit_of_work.rows("SELECT 1 / %s::int", [0])


def test_without_a_transaction_nothing_is_kept(committed: None) -> None:
    with pytest.raises(RuntimeError, match="open a scope first"):
        unit_of_work.insert_row(NeverRule, id=UUID(int=1))
    with tenant_scope(UUID(int=1)):
        unit_of_work.send_kept()

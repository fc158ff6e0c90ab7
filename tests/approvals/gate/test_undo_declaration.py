"""An undo is declared with its tool: until when, with which arguments, after which check."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from approvals.gate.tools import add_tool, change_tool
from approvals.gate.undo_declaration import (
    Undo,
    check_arguments,
    possible_undos,
    tool_versions,
    undo_arguments,
    undo_objection,
    undo_until,
)
from approvals.models import Proposal, Tool
from tenants.errors import Invalid
from tests.approvals.unsaved import unsaved_proposal, unsaved_tool
from tests.lanes import Lane
from tests.undo_kit import CHECK, NUMBER, make_undoable

NOON = datetime(2026, 11, 17, 12, 0, tzinfo=UTC)
CANCEL = unsaved_tool("shop.cancel_refund", args_schema=NUMBER)


def refund(**declared: Any) -> Tool:
    return unsaved_tool("shop.refund", args_schema={"properties": {"order": {}}}, **declared)


def done(tool: Tool, **more: Any) -> Proposal:
    plain = {"status": "executed", "executed_at": NOON, "position": 0, "args": {"order": "10412"}}
    return unsaved_proposal(tool, **{**plain, **more})


@pytest.mark.parametrize(
    ("hours", "executed_at", "until"),
    [
        (24, NOON, NOON + timedelta(hours=24)),
        (1, NOON, NOON + timedelta(hours=1)),
        (0, NOON, None),
        (24, None, None),
    ],
)
def test_the_time_to_undo_counts_from_the_execution(
    hours: int, executed_at: datetime | None, until: datetime | None
) -> None:
    assert undo_until(done(refund(undo_hours=hours), executed_at=executed_at)) == until


def test_what_was_not_done_or_can_not_be_undone_any_more_has_no_undo() -> None:
    """Without a database: nothing is looked up where nothing is left."""
    undoable = refund(undo_tool="shop.cancel_refund", undo_hours=24)
    acts = [
        done(undoable, status="approved"),
        done(undoable, status="in_doubt"),
        done(refund()),
        done(undoable, executed_at=NOON - timedelta(hours=24)),
    ]
    assert possible_undos(acts, NOON) == []
    assert possible_undos([], NOON) == []


def test_the_last_action_is_undone_first_and_one_whose_tool_is_gone_is_left_out(
    lane: Lane,
) -> None:
    actor = lane.world.staff(lane.client)
    declared: dict[str, Any] = {"adapter": "http", "effect": "write", "kind": "edit"}
    settings = {"url": f"{lane.shop.url}/cancel"}
    cancel, off = (
        add_tool(name=n, title=n, args_schema=NUMBER, settings=settings, actor=actor, **declared)
        for n in ("shop.cancel_refund", "shop.off")
    )
    change_tool(off, actor=actor, enabled=False)
    undoable = refund(undo_tool=cancel.name, undo_hours=24)
    first = done(undoable, executed_at=NOON - timedelta(hours=24) + timedelta(seconds=1))
    second = done(undoable, position=1, args={"refund": "re_1", "order": "10412"})
    acts = [
        first,
        second,
        done(refund(undo_tool=off.name), position=2),
        done(refund(undo_tool="shop.gone"), position=3),
    ]
    assert possible_undos(acts, NOON) == [
        Undo(second, cancel, {"refund": "re_1"}, NOON + timedelta(hours=24)),
        Undo(first, cancel, {}, NOON + timedelta(seconds=1)),
    ]


def test_an_undo_is_bound_to_the_versions_of_the_tools_that_declare_it() -> None:
    """Without a check no other tool is looked up, so no database is asked."""
    pay = unsaved_tool("bank.pay", version=3)
    found = [Undo(done(tool), CANCEL, {}, None) for tool in (refund(version=2), pay, pay)]
    assert tool_versions(found) == {"shop.refund": 2, "bank.pay": 3}
    assert tool_versions([]) == {}


def test_an_undo_takes_over_the_arguments_its_tool_knows() -> None:
    args = {"refund": "re_1", "order": "10412"}
    assert undo_arguments(done(refund(), args=args), CANCEL) == {"refund": "re_1"}
    assert undo_arguments(done(refund(), args=args), unsaved_tool("x", args_schema={})) == {}


def test_an_undo_reads_its_arguments_from_those_of_the_action_and_from_its_result() -> None:
    tool = refund(undo_args={"refund": "result.id", "note": "'undo of ' + args.order"})
    act = done(tool, result={"id": "re_1"})
    assert undo_arguments(act, CANCEL) == {"refund": "re_1", "note": "undo of 10412"}


def test_an_undo_whose_arguments_can_not_be_worked_out_is_refused() -> None:
    tool = refund(undo_args={"refund": "result.id"})
    for result in (None, {}, {"other": 1}):
        with pytest.raises(Invalid):
            undo_arguments(done(tool, result=result), CANCEL)


def test_a_check_is_asked_with_the_arguments_it_declares() -> None:
    tool = refund(undo_check=CHECK | {"args": {"refund": "result.id", "order": "args.order"}})
    act = done(tool, result={"id": "re_1"})
    assert check_arguments(act) == {"refund": "re_1", "order": "10412"}
    assert check_arguments(done(refund(undo_check={"tool": "a", "if": "true"}))) == {}


@pytest.mark.parametrize(
    ("condition", "why", "said"),
    [
        ("found.state == 'pending'", "Paid out.", ""),
        ("found.state == 'paid'", "Paid out.", "Paid out."),
        ("found.state == 'paid'", "", "It changed outside since, so it can't be undone."),
        # Nothing but a plain yes is one.
        ("found.state", "Paid out.", "Paid out."),
        ("1", "Paid out.", "Paid out."),
        ("args.order == '10412' && result.id == 're_1'", "Paid out.", ""),
    ],
)
def test_an_undo_goes_on_only_after_a_plain_yes(condition: str, why: str, said: str) -> None:
    tool = refund(undo_check={"tool": "shop.state", "if": condition, "why": why})
    assert undo_objection(done(tool, result={"id": "re_1"}), {"state": "pending"}) == said


def test_an_undo_that_can_not_work_is_refused_when_it_is_declared(lane: Lane) -> None:
    make_undoable(lane)
    actor, refund = lane.world.staff(lane.client), Tool.objects.get(name="shop.refund")
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"undo_tool": "shop.gone"}, "is no other tool that writes"),
        ({"undo_tool": "shop.refund"}, "is no other tool that writes"),
        ({"undo_tool": ""}, "Name the tool"),
        ({"undo_args": {}}, "needs refund"),
        ({"undo_args": {"refund": "result.body.refund", "why": "args.order"}}, "takes no why"),
        ({"undo_args": {"refund": "input.order"}}, "reads input"),
        ({"undo_check": CHECK | {"tool": "shop.cancel_refund"}}, "is no tool that reads"),
        ({"undo_check": CHECK | {"if": "found.body.state =="}}, "is not a CEL expression"),
        ({"undo_check": {"tool": "shop.refund_state"}}, "has tool, args, if and why"),
    ]
    for changes, said in wrong:
        with pytest.raises(Invalid, match=said):
            change_tool(refund, actor=actor, **changes)
        refund.refresh_from_db(from_queryset=Tool.objects.all())

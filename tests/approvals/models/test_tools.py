"""Tools and never-rules are rows that say something."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from approvals.models import NeverRule, Tool
from approvals.rules.never import Rule
from tests.approvals.unsaved import unsaved_rule
from tests.lanes import Lane


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"why": "Dana does it.", "condition": "true", "text": "x"}, "Dana does it."),
        ({"condition": "args.a > 1", "text": "x", "tool": "a.b"}, "args.a > 1"),
        ({"text": "liability", "tool": "a.b"}, "liability"),
        ({"tool": "a.b", "kind": "send"}, "a.b"),
        ({"kind": "send"}, "send"),
    ],
)
def test_a_rule_is_called_by_what_it_says_most_plainly(more: dict[str, Any], said: str) -> None:
    assert str(unsaved_rule(**more)) == said


def test_a_stored_rule_is_given_as_a_pure_value() -> None:
    stored = unsaved_rule(tool="a.b", kind="send", condition="true", text="x", why="No.")
    assert stored.rule() == Rule("a.b", "send", "true", "x", "No.")


def test_the_database_keeps_no_rule_that_says_nothing(lane: Lane) -> None:
    with pytest.raises(IntegrityError, match="rule_says_something"), transaction.atomic():
        NeverRule.objects.create(why="Because.", made_by=lane.client.owner)


@pytest.mark.parametrize("changes", [{"kind": None}, {"effect": "read"}])
def test_the_database_keeps_a_kind_for_writes_and_for_nothing_else(
    lane: Lane, changes: dict[str, Any]
) -> None:
    with pytest.raises(IntegrityError, match="only_writes_have_a_kind"), transaction.atomic():
        Tool.objects.filter(name="shop.refund").update(**changes)

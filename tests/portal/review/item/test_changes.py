"""What others edited since a person saw an item, or since it was drafted."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from approvals.models import Proposal
from approvals.review.sidebar import Act, Sidebar
from portal.review.item.changes import Changed, changed_since
from portal.review.item.edits import Field
from portal.review.item.text_diff import Word
from tenants.actors import Actor
from tests.approvals.unsaved import unsaved_item, unsaved_proposal, unsaved_tool

NOON = datetime(2026, 11, 17, 12, tzinfo=UTC)
MIA, ANA, YOU = (UUID(int=n) for n in (1, 2, 3))
NAMES = {MIA: "Mia", ANA: "Ana", YOU: "You"}
FIRST, SEEN = {"text": "Hello Mia"}, {"text": "Dear Mia"}


def edit(by: UUID, before: str, minutes: int = 0, **edits: Any) -> Act:
    return Act(by, NAMES[by], NOON + timedelta(minutes=minutes), before, edits)


def found(
    *edits: Act, seen: str = "", text: str = "Good day Mia", every: tuple[Proposal, ...] = ()
) -> Changed | None:
    item = unsaved_item(status="waiting", draft={"text": text})
    beside = Sidebar([], [], list(edits), seen, SEEN, FIRST, None, 0, 0, [], [], [])
    actor = Actor("person", YOU, "You", "owner", frozenset())
    return changed_since(item, every, beside, actor, "en_US")


def test_an_item_that_nobody_edited_has_no_changes() -> None:
    assert found() is None


def test_ones_own_edits_are_no_news() -> None:
    assert found(edit(YOU, "a"), edit(YOU, "b")) is None


def test_an_item_that_no_longer_waits_has_none() -> None:
    item = unsaved_item(status="decided", draft=FIRST)
    beside = Sidebar([], [], [edit(MIA, "a")], "", None, FIRST, None, 0, 0, [], [], [])
    actor = Actor("person", YOU, "You", "owner", frozenset())
    assert changed_since(item, [], beside, actor, "en_US") is None


def test_who_saw_an_earlier_content_is_told_what_came_since() -> None:
    changed = found(edit(MIA, "a"), edit(ANA, "b", 5), seen="b")
    assert changed is not None
    assert (changed.by, changed.at, changed.was_seen) == ("Ana", NOON + timedelta(minutes=5), True)
    assert changed.edits.text == [
        Word("gone", "Dear"),
        Word("new", "Good day"),
        Word("same", " Mia"),
    ]


@pytest.mark.parametrize("seen", ["", "now", "another"])
def test_who_never_saw_an_earlier_content_is_told_all_since_the_draft(seen: str) -> None:
    changed = found(edit(MIA, "a"), edit(YOU, "b"), edit(ANA, "c", 9), edit(MIA, "d"), seen=seen)
    assert changed is not None
    assert (changed.by, changed.was_seen) == ("Mia, Ana", False)
    assert changed.edits.text[0] == Word("gone", "Hello")


def test_a_text_that_stayed_has_no_words_that_changed() -> None:
    changed = found(edit(MIA, "a"), text="Hello Mia")
    assert changed is not None
    assert changed.edits.text == []


def revisions(*amounts: int) -> tuple[Proposal, ...]:
    tool = unsaved_tool("shop.refund")
    return tuple(
        unsaved_proposal(tool, revision=number, args={"amount_due": amount, "order": "1"})
        for number, amount in enumerate(amounts, 1)
    )


def test_arguments_that_differ_are_shown_from_what_was_seen_to_what_is() -> None:
    every = revisions(100, 90, 80)
    edits = [edit(MIA, "a", proposals={"0": {}}), edit(ANA, "b", proposals={"0": {}})]
    since, all_of_it = found(*edits, seen="b", every=every), found(*edits, every=every)
    assert since is not None
    assert all_of_it is not None
    assert since.edits.fields == [Field("amount due", "90", "80")]
    assert all_of_it.edits.fields == [Field("amount due", "100", "80")]


def test_an_action_that_nobody_edited_since_is_not_shown() -> None:
    edits = [edit(MIA, "a", proposals={"0": {}}), edit(ANA, "b", draft="Good day Mia")]
    changed = found(*edits, seen="b", every=revisions(100, 90))
    assert changed is not None
    assert changed.edits.fields == []

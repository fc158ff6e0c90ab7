"""Drafts are read from their JSON into objects, whatever is missing in it."""

from uuid import UUID

import pytest

from approvals.models import TextDraft, UndoDraft

ITEM = UUID("01996c1e-0000-7000-8000-000000000001")


def test_a_text_has_its_step_its_place_in_a_list_and_its_citations() -> None:
    spans = [{"start": 0, "end": 2, "sources": [1]}]
    draft = TextDraft.read({"step": "reply", "text": "Hi", "item": 0, "spans": spans})
    assert draft == TextDraft(step="reply", text="Hi", number=0, spans=spans)
    assert draft.words == "Hi"


def test_an_item_without_a_text_is_told_from_one_with_an_empty_text() -> None:
    assert TextDraft.read({}).text is None
    assert TextDraft.read({"text": ""}).text == ""
    assert TextDraft.read({}).words == ""


def test_a_route_says_to_whom_and_why() -> None:
    draft = TextDraft.read({"to": "Ana", "why": " She knows. "})
    assert (draft.route_to, draft.route_why) == ("Ana", "She knows.")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"step": "reply"}, {"step": "reply"}, True),
        ({"step": "reply"}, {"step": "letter"}, False),
        ({"step": "reply", "item": 0}, {"step": "reply", "item": 0}, True),
        ({"step": "reply", "item": 0}, {"step": "reply", "item": 1}, False),
        ({"step": "reply", "item": 0}, {"step": "reply"}, False),
        ({}, {}, False),
    ],
)
def test_attempts_at_one_text_share_step_and_place(
    one: dict[str, object], other: dict[str, object], same: bool
) -> None:
    assert TextDraft.read(one).is_same_text(TextDraft.read(other)) is same


def test_an_undo_is_written_as_it_is_read() -> None:
    draft = UndoDraft(ITEM, {"refund-back": 3})
    assert draft.as_json() == {"undoes": str(ITEM), "versions": {"refund-back": 3}}
    assert UndoDraft.read(draft.as_json()) == draft
    assert UndoDraft.read({"undoes": str(ITEM)}).versions == {}

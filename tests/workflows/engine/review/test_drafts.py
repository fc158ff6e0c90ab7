"""Drafts of a step: the texts shown to a person, and a person's correction in their place."""

from types import SimpleNamespace
from typing import Any

from approvals.models import TextDraft
from tests.workflows.definition_kit import parsed
from tests.workflows.unsaved import unsaved_step
from workflows.engine.review.drafts import corrected_output, draft_of, draft_title, written_texts

GENERATE = "generate: {prompt: p, schema: {type: object}}"
LIST = "for_each: {in: input.lines, as: line}"
ONE = {"text": "Dear Mia.", "spans": [{"n": 1}], "title": "Lamp"}
MANY = {"items": [ONE, {"choice": "a"}, {"text": "Dear Theo.", "spans": []}]}


def texts(
    steps: tuple[str, ...], output: dict[str, Any] | None, **status: str
) -> list[dict[str, Any]]:
    """The texts of the first step, where these others have begun."""
    definition = parsed(*steps)
    rows = {name: unsaved_step(name=name, status=now) for name, now in status.items()}
    context: Any = SimpleNamespace(definition=definition, steps=rows)
    return written_texts(context, definition.steps[0], unsaved_step(name="note", output=output))


def test_a_step_that_wrote_a_text_has_one_draft() -> None:
    found = texts((f"name: note, {GENERATE}",), ONE)
    assert found == [{"step": "note", "text": "Dear Mia.", "spans": [{"n": 1}]}]


def test_a_step_that_wrote_no_text_has_no_draft() -> None:
    assert texts((f"name: note, {GENERATE}",), {"choice": "a"}) == []
    assert texts((f"name: note, {GENERATE}",), None) == []


def test_each_text_of_a_list_is_a_draft_with_its_place_in_it() -> None:
    assert texts((f"name: note, {LIST}, {GENERATE}",), MANY) == [
        {"step": "note", "text": "Dear Mia.", "spans": [{"n": 1}], "item": 0},
        {"step": "note", "text": "Dear Theo.", "spans": [], "item": 2},
    ]


def test_texts_of_a_list_that_an_action_shows_are_left_out_once_it_was_put_up() -> None:
    steps = (
        f"name: note, {LIST}, {GENERATE}",
        "name: send, needs: [note], act: {tool: t, args: {body: steps.note.output.items}}",
        "name: other, act: {tool: t, args: {body: input.a}}",
    )
    assert texts(steps, MANY, send="waiting") == []
    assert texts(steps, MANY, send="done") == []
    assert len(texts(steps, MANY, send="skipped")) == 2
    assert len(texts(steps, MANY, other="waiting")) == 2


def test_a_draft_has_the_title_that_was_written_with_it() -> None:
    assert draft_title(ONE, TextDraft.read(draft_of("note", ONE))) == "Lamp"
    second = TextDraft.read(draft_of("note", MANY["items"][2]) | {"item": 2})
    assert draft_title(MANY, second) == ""


def test_a_correction_takes_the_place_of_the_text_and_its_citations() -> None:
    draft = TextDraft.read(draft_of("note", ONE))
    assert corrected_output(ONE, draft, "Hello.", "Ana") == {
        "text": "Hello.",
        "spans": [],
        "title": "Lamp",
        "edited_by": "Ana",
    }
    assert ONE["text"] == "Dear Mia."


def test_a_correction_of_an_item_leaves_the_others_as_they_are() -> None:
    draft = TextDraft.read(draft_of("note", MANY["items"][2]) | {"item": 2})
    found = corrected_output(MANY, draft, "Hello.", "Ana")
    assert found["items"][:2] == MANY["items"][:2]
    assert found["items"][2] == {"text": "Hello.", "spans": [], "edited_by": "Ana"}
    assert MANY["items"][2]["text"] == "Dear Theo."

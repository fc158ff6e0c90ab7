"""Answers as they are kept: texts whole, data left out, secrets gone."""

from typing import Any

from workflows.mcp.answers import LONGEST, error_text, kept_answer


def text(said: str) -> dict[str, Any]:
    return {"type": "text", "text": said}


def test_texts_are_put_together_and_cut() -> None:
    assert kept_answer({"content": [text("One."), text("Two.")]}, []) == {"text": "One.\n\nTwo."}
    found = kept_answer({"content": [text("x" * (LONGEST + 1))]}, [])
    assert len(found["text"]) == LONGEST
    assert "of which the first are kept" in found["lost"]


def test_a_part_that_is_no_text_is_named_without_its_data() -> None:
    parts = [
        {"type": "audio", "data": "A" * 400, "mimeType": "audio/wav"},
        {"type": "resource", "resource": {"uri": "file:///a", "text": "Inside."}},
        {"type": "resource_link", "uri": "https://x.example", "name": "x", "description": "no"},
    ]
    assert kept_answer({"content": parts}, [])["parts"] == [
        {"type": "audio", "mimeType": "audio/wav", "bytes": 300},
        {"type": "resource", "uri": "file:///a", "text": "Inside."},
        {"type": "resource_link", "uri": "https://x.example", "name": "x"},
    ]


def test_secrets_and_characters_that_can_not_be_kept_are_gone() -> None:
    """G5"""
    found = kept_answer({"content": [text("a\x00b s3same-open")]}, ["s3same-open"])
    assert "s3same" not in found["text"]
    assert "\x00" not in found["text"]


def test_an_error_is_told_in_its_own_words() -> None:
    assert error_text({"content": [text("No."), text("Never.")]}) == "No. Never."
    assert error_text({}) == "It gave no reason."

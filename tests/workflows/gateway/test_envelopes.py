"""Envelopes of answers: where the message is, what of it is text, and how it ended."""

from typing import Any

import pytest

from workflows.gateway.envelopes import content_text, ending_reason, find_message, unwrap_answer

SAID = {"content": "Hi"}


@pytest.mark.parametrize(
    "value", [SAID, [SAID], {"data": SAID}, {"result": [SAID]}, [{"body": SAID}]]
)
def test_an_answer_is_taken_out_of_what_is_around_it(value: Any) -> None:
    assert unwrap_answer(value) == SAID


@pytest.mark.parametrize("value", [None, 7, "x", [], [1, 2], {"x": 1}])
def test_what_has_no_answer_stays_as_it_is(value: Any) -> None:
    assert unwrap_answer(value) == value


def test_a_message_is_found_with_the_object_that_says_how_it_ended() -> None:
    choice = {"message": SAID, "finish_reason": "STOP"}
    message, around = find_message({"choices": [choice]})
    assert (message, around, ending_reason(around)) == (SAID, choice, "stop")
    assert find_message({"choices": []}) == ({}, {"choices": []})
    assert find_message({}) == (None, {})


@pytest.mark.parametrize(
    ("around", "reason"),
    [
        ({}, ""),
        ({"finish_reason": None}, ""),
        ({"finish_reason": 7, "stop_reason": "END_turn"}, "end_turn"),
        ({"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}},
         "max_output_tokens"),
    ],
)  # fmt: skip
def test_the_reason_of_an_ending_is_read_under_any_name(around: Any, reason: str) -> None:
    assert ending_reason(around) == reason


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("Hi", "Hi"),
        (None, ""),
        (7, ""),
        (["H", {"text": "i"}], "Hi"),
        ({"a": "ä"}, '{"a": "ä"}'),
        ([{"type": "thinking", "thinking": "Hm"}, {"type": "text", "text": "Hi"}], "Hi"),
        ([{"type": "redacted_thinking", "data": "x"}, {"text": "Hi"}], "Hi"),
        ([{"thought": True, "text": "Hm"}, {"text": "Hi"}], "Hi"),
        ("<think>Hm</think>\n\nHi", "Hi"),
        ([{"text": "<think>Hm"}, {"text": "</think>Hi"}], "Hi"),
        ([[[[[[[["too deep"]]]]]]]], ""),
    ],
)
def test_the_text_of_a_content_has_no_thoughts(content: Any, text: str) -> None:
    assert content_text(content) == text

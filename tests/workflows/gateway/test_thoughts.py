"""Thoughts at the head of a text, in the forms in which models write them."""

import pytest

from workflows.gateway.thoughts import without_thoughts


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("<think>Hm.</think>Dear Mia.", "Dear Mia."),
        ("\n<think>\nHm.\n</think>\n\nDear Mia.", "Dear Mia."),
        ("<thinking>Hm.</thinking> Dear Mia.", "Dear Mia."),
        ("<think></think>\n\n{}", "{}"),
        ("Hm.\n</think>\n\nDear Mia.", "Dear Mia."),  # the prompt began the block
        ("<think>Hm, and then it was cut", ""),
        ("<think>Hm.</thinking>", ""),
        ("Dear Mia.", "Dear Mia."),
        ("  Dear Mia.", "  Dear Mia."),
        ("Dear Mia. <think>Hm.</think>", "Dear Mia. <think>Hm.</think>"),
        ('{"text": "It ends with </think>."}', '{"text": "It ends with </think>."}'),
        ("", ""),
    ],
)
def test_a_block_of_thoughts_is_taken_off_a_texts_head(text: str, left: str) -> None:
    assert without_thoughts(text) == left

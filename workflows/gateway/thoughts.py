"""Thoughts that a model writes into its text before the answer. Pure."""

import re

OPENING = re.compile(r"\s*<(think|thinking|thought|reasoning)>")
# Some prompts open the block themselves, so that the text has only its end, on a line of its own.
CLOSING = re.compile(r"^[ \t]*</think>[ \t]*$", re.M)


def without_thoughts(text: str) -> str:
    """Return a text without the block of thoughts at its head; empty where the block never ends."""
    if opened := OPENING.match(text):
        return text[opened.end() :].partition(f"</{opened[1]}>")[2].lstrip()
    closed = CLOSING.search(text)
    return text[closed.end() :].lstrip() if closed else text

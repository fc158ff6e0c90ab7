"""Holding a draft against its sources takes time in proportion to both."""

import time

import pytest

from tenants.sources import support

SOURCE = {"n": 1, "kind": "passage", "title": "t", "content": "returns within days " * 3000}
DRAFTS = {
    "many citations of a long source": "It says returns within days. [1] " * 3000,
    "many citations of one sentence": "It says a thing here " + "[1]" * 10_000,
    "line ends": "a." + "\n" * 60_000,
    "blanks": "a." + " " * 60_000 + "b",
    "a mark that never ends": "a [" + "1," * 30_000,
    "digits": "a [" + "1" * 60_000,
    "points": "." * 60_000,
}


@pytest.mark.parametrize("draft", DRAFTS.values(), ids=DRAFTS)
def test_a_draft_that_is_made_to_be_slow_is_annotated_soon(draft: str) -> None:
    """G8: about a second of CPU; in the square of its length it would take minutes."""
    began = time.thread_time()
    support.annotate(draft, [SOURCE])
    assert time.thread_time() - began < 10


def test_a_sentence_is_held_against_all_that_it_cites() -> None:
    other = {**SOURCE, "n": 2, "content": "The deposit is 48.20 dollars"}
    found = support.annotate("Returns cost a deposit of 48.20 within days. [1, 2]", [SOURCE, other])
    assert [span["supported"] for span in found.spans] == [True]
    assert found.spans[0]["sources"] == [1, 2]
    found = support.annotate(
        "Returns cost a deposit of 99.00 within days. [1][2][2]", [SOURCE, other]
    )
    assert [(s["sources"], s["supported"]) for s in found.spans] == [([1, 2], False)]

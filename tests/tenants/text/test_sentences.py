"""Lists of words are joined without a comma before the last word."""

from tenants.text.sentences import as_sentence, joined_by_and, joined_by_or


def test_words_are_joined_as_they_are_said() -> None:
    assert joined_by_and([]) == ""
    assert joined_by_and(["a"]) == "a"
    assert joined_by_and(["a", "b"]) == "a and b"
    assert joined_by_and(["a", "b", "c"]) == "a, b and c"
    assert joined_by_or(["a", "b", "c"]) == "a, b or c"


def test_a_sentence_ends_once() -> None:
    assert as_sentence("It was sent") == "It was sent."
    for ended in ("It was sent.", "Do you take rugs?", "Stop!", "And so on…"):
        assert as_sentence(ended) == ended

"""Lists of words are joined without a comma before the last word."""

from tenants.text.lists import joined_by_and, joined_by_or


def test_words_are_joined_as_they_are_said() -> None:
    assert joined_by_and([]) == ""
    assert joined_by_and(["a"]) == "a"
    assert joined_by_and(["a", "b"]) == "a and b"
    assert joined_by_and(["a", "b", "c"]) == "a, b and c"
    assert joined_by_or(["a", "b", "c"]) == "a, b or c"

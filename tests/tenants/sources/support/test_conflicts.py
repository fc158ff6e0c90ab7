"""Another source with another number for the same words puts a sentence in doubt."""

import pytest

from tenants.sources.support.conflicts import conflicting_number
from tenants.sources.support.judgement import MOST_WORK, WorkCount, source_text
from tenants.sources.support.languages import ENGLISH

SAID = "Unused items can be returned within 30 days."


def doubt(said: str, *sources: str, work: WorkCount | None = None) -> str:
    read = {n: source_text("Terms", text) for n, text in enumerate(sources, 1)}
    return conflicting_number(said, [1], read, ENGLISH, work or WorkCount())


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ("Unused items can be returned within 14 days.", "Source 2 says 14 days, not 30"),
        ("We take unused items back: returned within 14 days.", "Source 2 says 14 days, not 30"),
        # The same, or the same in another unit.
        ("Unused items can be returned within 30 days.", ""),
        ("Unused items can be returned within thirty days.", ""),
        ("Unused items can be returned within 720 hours.", ""),
        # Another kind of number, other words, or none.
        ("Unused items can be returned for $14.", ""),
        ("Parcels arrive within 14 days.", ""),
        ("Unused items can be returned.", ""),
        ("", ""),
    ],
)
def test_a_number_is_in_doubt_where_the_same_words_have_another(other: str, why: str) -> None:
    assert doubt(SAID, SAID, other) == why


def test_a_word_that_names_another_thing_is_no_conflict() -> None:
    said = "Standard delivery takes 5 days."
    assert doubt(said, said, "Express delivery takes 1 day.") == ""
    assert doubt(said, said, "Standard delivery takes 9 days.") == "Source 2 says 9 days, not 5"


def test_what_has_no_number_or_no_language_is_in_no_doubt() -> None:
    assert doubt("Unused items can be returned.", SAID) == ""
    assert doubt("返金は30日以内", SAID) == ""


def test_after_too_much_work_nothing_more_is_compared() -> None:
    spent = WorkCount(MOST_WORK + 1)
    assert doubt(SAID, SAID, "Unused items can be returned within 14 days.", work=spent) == ""

"""A sentence is supported by its words, numbers and names in a source, or it is told why not."""

from typing import Any

import pytest

from tenants.sources.support.judgement import (
    FOREIGN,
    MOST_WORK,
    NOT_SAID,
    TOO_LONG,
    Judgement,
    WorkCount,
    judge,
    source_text,
    supports,
)
from tenants.sources.support.languages import ENGLISH, GERMAN
from tenants.sources.support.statements import text_language

TERMS = "Unused items can be returned within 30 days. The customer pays the postage."


def judged(said: str, *sources: Any, work: WorkCount | None = None) -> Judgement:
    read = [source_text("Terms", one) for one in sources or (TERMS,)]
    return judge(said, read, text_language(said), work)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("Unused items can be returned within 30 days.", ""),
        ("You can return unused items within 30 days.", ""),
        ("Unused items can be returned within 14 days.", "The source does not say 14: it says 30"),
        ("Unused items can be returned to Dana within 30 days.", "The source does not name Dana"),
        ("The lamps are made of oak in our workshop.", NOT_SAID),
        ("It is.", NOT_SAID),
    ],
)
def test_words_numbers_and_names_have_to_be_the_sources(said: str, why: str) -> None:
    assert judged(said) == Judgement(not why, why)


def test_each_clause_has_to_be_said() -> None:
    both = "Unused items can be returned within 30 days and the customer pays the postage."
    assert judged(both).supported
    found = judged("Unused items can be returned within 30 days, and your cat is fed daily.")
    assert (found.supported, found.why) == (False, NOT_SAID)


def test_sources_may_say_it_together() -> None:
    one, other = "Broken lamps reach our workshop.", "The workshop stands in Berlin."
    said = "Broken lamps reach our workshop in Berlin."
    assert judged(said, one, other).supported
    assert not judged(said, one).supported


def test_what_is_quoted_word_for_word_is_supported_in_any_language() -> None:
    assert judged("返金はお受けしておりません", "返金はお受けしておりません。").supported
    assert judged("返金はお受け", "返金はお受けしておりません。") == Judgement(
        False, FOREIGN, checkable=False
    )


def test_another_language_than_the_sources_can_not_be_checked() -> None:
    found = judged("Die Ware wird innerhalb von 30 Tagen erstattet.")
    assert found == Judgement(False, FOREIGN, checkable=False)


def test_after_too_much_work_nothing_more_is_checked() -> None:
    said = "You can return unused items within 30 days."
    assert judged(said, work=WorkCount(MOST_WORK)).supported
    assert judged(said, work=WorkCount(MOST_WORK + 1)) == Judgement(
        False, TOO_LONG, checkable=False
    )


def test_work_is_counted_and_over_beyond_its_limit() -> None:
    work = WorkCount()
    work.add(MOST_WORK)
    assert not work.is_over
    work.add(1)
    assert work.is_over


def test_a_passage_is_read_by_its_sentences_and_a_record_as_one() -> None:
    passage = source_text("Terms", TERMS, "Returns")
    assert [one.text for one in passage.statements] == [
        "Unused items can be returned within 30 days.",
        "The customer pays the postage.",
    ]
    assert (passage.language, passage.context) == (ENGLISH, {"term", "return"})
    assert passage.by_stem["postag"] == [1]
    record = source_text("Order", {"customer": "Mia Chen", "total_cents": 4820})
    assert [one.is_record for one in record.statements] == [True]
    assert (record.language, record.quotes) == (None, frozenset())


def test_a_passage_is_read_once_for_all_drafts_and_told_apart_by_its_title_and_heading() -> None:
    first = source_text("Terms", TERMS, "Returns")
    assert source_text("Terms", TERMS, "Returns") is first
    assert source_text("Terms", TERMS, "Postage").context != first.context
    assert source_text("Orders", TERMS, "Returns").context != first.context
    verdicts = {judge("Unused items can be returned.", [first], ENGLISH) for _ in range(2)}
    assert verdicts == {Judgement(True)}


def test_an_exact_sum_of_a_record_needs_few_other_words() -> None:
    record = {"paid_by": "card", "total_cents": 4820}
    assert judged("I've refunded $48.20 to your card.", record).supported
    assert not judged("I've refunded $48.21 to your card.", record).supported
    assert judged("I've refunded it to your card.", record).why == NOT_SAID


def test_texts_alone_may_be_asked() -> None:
    said = "Die Ware wird erstattet."
    assert supports(said, "Die beschädigte Ware wird erstattet.")
    assert supports(said, ["Nichts davon.", "Die Ware wird erstattet."])
    assert not supports(said, [])
    assert text_language(said) is GERMAN

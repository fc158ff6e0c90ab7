"""Sums and days are found in texts as people of several countries write them."""

from datetime import date
from decimal import Decimal

import pytest

from approvals.text.written import day_first, days, iso, sums, values_of


@pytest.mark.parametrize(
    ("text", "said", "value", "code"),
    [
        ("It is $48.20.", "$48.20", "48.20", "USD"),
        ("It is $48.20.", "$48.20", "48.20", "CAD"),
        ("It is US$ 48", "US$ 48", "48", "USD"),
        ("It is CA$5", "CA$5", "5", "CAD"),
        ("48,20 € it is", "48,20 €", "48.20", "EUR"),
        ("EUR 1.234,56", "EUR 1.234,56", "1234.56", "EUR"),
        ("1 234,50 zł", "1 234,50 zł", "1234.50", "PLN"),
        ("€ 12'345.60", "€ 12'345.60", "12345.60", "EUR"),
        ("¥5,000", "¥5,000", "5000", "JPY"),
        ("¥5,000", "¥5,000", "5000", "CNY"),
        ("$1,234", "$1,234", "1234", "USD"),
        ("5 kr", "5 kr", "5", "NOK"),
        ("20 yen", "20 yen", "20", "JPY"),
        ("3 dollars", "3 dollars", "3", "USD"),
        ("100USD", "100USD", "100", "USD"),
        ("I've refunded 12.50 to you", "12.50", "12.50", "USD"),
        ("a refund of 12.50", "12.50", "12.50", "EUR"),
        # With three decimals in the currency, three digits may be its smallest parts.
        ("KWD 1.234", "KWD 1.234", "1.234", "KWD"),
        ("KWD 1.234", "KWD 1.234", "1234", "KWD"),
    ],
)
def test_a_sum_is_found_with_what_it_can_mean(text: str, said: str, value: str, code: str) -> None:
    [found] = sums(text)
    assert found.said == said
    assert text[found.start :].startswith(said)
    assert found.may_be(Decimal(value), code)


@pytest.mark.parametrize(
    ("text", "value", "code"),
    [
        ("$48.20", "48.21", "USD"),
        ("$48.20", "48.20", "EUR"),
        ("US$ 48", "48", "CAD"),
        ("$1,234", "1.234", "USD"),
        ("48,20 €", "48.20", "USD"),
        ("KWD 1.234", "12.34", "KWD"),
    ],
)
def test_a_sum_means_no_other_value_or_currency(text: str, value: str, code: str) -> None:
    [found] = sums(text)
    assert not found.may_be(Decimal(value), code)


@pytest.mark.parametrize(
    "text",
    ["", "48.20", "paid 12.50 g", "paid 12.50%", "abcUSD 5", "USD", "paid 12", "5 usd-tokens"],
)
def test_a_figure_without_a_currency_is_no_sum(text: str) -> None:
    assert list(sums(text)) == []


def test_every_sum_of_a_text_is_found_at_its_place() -> None:
    text = "From $10 to 20 € at most."
    found = list(sums(text))
    assert [(one.said, one.start) for one in found] == [("$10", 5), ("20 €", 12)]
    assert [text[slice(*one.figure)] for one in found] == ["10", "20"]


@pytest.mark.parametrize(
    ("figure", "parts", "values"),
    [
        ("5", 2, {"5"}),
        ("1,234", 2, {"1234"}),
        ("1.234", 2, {"1234"}),
        ("1.234", 3, {"1.234", "1234"}),
        ("1 234", 2, {"1234"}),
        ("1'234'567", 2, {"1234567"}),
        ("1,234,567.89", 2, {"1234567.89"}),
        ("...", 2, set()),
    ],
)
def test_separators_are_read_in_each_way_they_are_used(
    figure: str, parts: int, values: set[str]
) -> None:
    assert values_of(figure, parts=parts) == {Decimal(value) for value in values}


@pytest.mark.parametrize(
    ("text", "said", "month_and_day", "year"),
    [
        ("by 7 November 2026", "7 November 2026", {(11, 7)}, 2026),
        ("by November 7", "November 7", {(11, 7)}, None),
        ("Nov 7, 2026", "Nov 7, 2026", {(11, 7)}, 2026),
        ("the 7th of November", "7th of November", {(11, 7)}, None),
        ("am 7. Dezember", "7. Dezember", {(12, 7)}, None),
        ("Saturday, 7th November", "7th November", {(11, 7)}, None),
        ("1er mars 2026", "1er mars 2026", {(3, 1)}, 2026),
        ("7 de noviembre de 2026", "7 de noviembre de 2026", {(11, 7)}, 2026),
        ("Sept. 5", "Sept. 5", {(9, 5)}, None),
        ("MARCH 3", "MARCH 3", {(3, 3)}, None),
        ("May 2", "May 2", {(5, 2)}, None),
        ("2026-11-07", "2026-11-07", {(11, 7)}, 2026),
        ("2026-11-07T10:00", "2026-11-07", {(11, 7)}, 2026),
        ("07.11.2026", "07.11.2026", {(11, 7)}, 2026),
        ("07/11/2026", "07/11/2026", {(7, 11), (11, 7)}, 2026),
        ("14/2/2026", "14/2/2026", {(2, 14)}, 2026),
        ("2-14-2026", "2-14-2026", {(2, 14)}, 2026),
        ("32/33/2026", "32/33/2026", set(), 2026),
    ],
)
def test_a_day_is_found_with_the_months_and_days_it_can_mean(
    text: str, said: str, month_and_day: set[tuple[int, int]], year: int | None
) -> None:
    [found] = days(text)
    assert (found.said, found.days, found.year) == (said, month_and_day, year)


@pytest.mark.parametrize("text", ["", "you may 2 times", "2026-13-07", "5 mar"])
def test_what_names_no_day_is_none(text: str) -> None:
    assert list(days(text)) == []


def test_a_day_may_be_another_of_its_year_or_of_any() -> None:
    [dated] = days("7 November 2026")
    [undated] = days("7 November")
    assert dated.may_be(date(2026, 11, 7))
    assert not dated.may_be(date(2025, 11, 7))
    assert dated.may_be(date(2025, 11, 7), any_year=True)
    assert undated.may_be(date(2025, 11, 7))
    assert not undated.may_be(date(2026, 11, 8))
    assert not dated.may_be(date(2026, 12, 7), any_year=True)


@pytest.mark.parametrize(
    ("value", "day"),
    [
        ("2026-11-07", date(2026, 11, 7)),
        ("2026-11-07T10:00:00Z", date(2026, 11, 7)),
        ("2026-11-07 10:00", date(2026, 11, 7)),
        ("2026-11-071", None),
        ("2026-02-30", None),
        ("on 2026-11-07", None),
        ("7 November", None),
        ("", None),
    ],
)
def test_a_value_is_a_day_where_it_begins_with_an_iso_date(value: str, day: date | None) -> None:
    assert iso(value) == day


def test_a_day_is_told_with_its_month_in_words() -> None:
    assert day_first(date(2026, 11, 7)) == "7 November"
    assert day_first(date(2026, 5, 31)) == "31 May"


@pytest.mark.parametrize(
    ("figure", "values"),
    [
        ("48.20", {"48.20"}),
        ("48,20", {"48.20"}),
        ("4820", {"4820"}),
        ("4,820", {"4820"}),
        ("4.820", {"4820"}),
        ("4,820.00", {"4820.00"}),
        ("4.820,00", {"4820.00"}),
        ("1,00,000", {"100000"}),
        ("4'820.50", {"4820.50"}),
        ("4820.5", {"4820.5"}),
    ],
)
def test_a_separator_groups_thousands_only_before_three_digits(
    figure: str, values: set[str]
) -> None:
    assert values_of(figure, parts=2) == {Decimal(value) for value in values}

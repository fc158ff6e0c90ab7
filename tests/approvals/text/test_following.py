"""A text follows an edit of an argument, in the way it writes that value."""

from typing import Any

import pytest

from approvals.text.agreement import followed, is_said
from approvals.text.following import all_followed


def usd(value: int) -> dict[str, Any]:
    return {"value": value, "currency": "USD"}


@pytest.mark.parametrize(
    ("text", "before", "after", "wanted"),
    [
        ("I've refunded $38.50.", usd(3850), usd(3000), "I've refunded $30.00."),
        ("38.50 dollars, not 138.50", usd(3850), usd(3000), "30.00 dollars, not 138.50"),
        ("It is $38 or $38.50", usd(3800), usd(3000), "It is $30.00 or $38.50"),
        ("On 7 November, at 10", "2026-11-07", "2026-11-08", "On 8 November, at 10"),
        ("Hi Theo Lang,", "Theo Lang", "Mia Chen", "Hi Mia Chen,"),
        ("order 10412, not 104123", "10412", "10413", "order 10413, not 104123"),
        (r"\1 and $1", "x", r"\1", r"\1 and $1"),
    ],
)
def test_one_edit_changes_both(text: str, before: Any, after: Any, wanted: str) -> None:
    assert followed(text, before, after) == wanted


def money_of(value: int, currency: str) -> dict[str, Any]:
    return {"value": value, "currency": currency}


@pytest.mark.parametrize(
    ("text", "before", "after", "wanted"),
    [
        ("In 2010 10 came at 10:30, 10%", "10", "12", "In 2010 12 came at 10:30, 10%"),
        ("Mia-Lou and Mia", "Mia", "Ana", "Mia-Lou and Ana"),
        ("$48,000 and $48", usd(4800), usd(5050), "$48,000 and $50.50"),
        ("1.234,50 €", money_of(123450, "EUR"), money_of(100000, "EUR"), "1.000,00 €"),
        ("USD 48.20 it is", usd(4820), money_of(4820, "EUR"), "€48.20 it is"),
        ("Saturday, 7th November", "2026-11-07", "2026-11-22", "Sunday, 22nd November"),
        ("Nov 7, 2026", "2026-11-07", "2027-01-03", "Jan 3, 2027"),
        ("am 7. November", "2026-11-07", "2026-12-08", "am 8. Dezember"),
        ("am 07.11.2026", "2026-11-07", "2026-12-08", "am 08.12.2026"),
    ],
)
def test_an_edit_keeps_how_a_text_writes_it(
    text: str, before: Any, after: Any, wanted: str
) -> None:
    assert followed(text, before, after) == wanted


def test_two_edits_of_one_text_do_not_touch_each_other() -> None:
    changes = [("10412", "10413"), ("10413", "10412")]
    assert all_followed("10412, then 10413", changes) == "10413, then 10412"


def test_a_day_in_words_is_said() -> None:
    assert is_said("It comes on 7 November.", "2026-11-07")
    assert not is_said("It comes on 8 November.", "2026-11-07")


def test_whether_a_value_is_said_is_asked_without_changing_anything() -> None:
    assert is_said("I've refunded $38.50.", usd(3850))
    assert not is_said("I've refunded $38.50.", usd(3000))
    assert not is_said("", "")


@pytest.mark.parametrize(
    ("text", "before", "after", "wanted"),
    [
        ("Order 10412.", "10412", "10413", "Order 10413."),
        ("Nothing of it.", "10412", "10413", "Nothing of it."),
        ("", "10412", "10413", ""),
        ("Order 10412.", "10412", "", "Order 10412."),
        ("A b c", "b", "x", "A b c"),
        ("A bb c", "bb", "x", "A x c"),
        ("x" * 200, "x" * 200, "y", "y"),
        ("x" * 201, "x" * 201, "y", "x" * 201),
        ("Order 10412.", 10412, 10413, "Order 10412."),
        ("Order 10412.", None, "10413", "Order 10412."),
        ("Mia, Mia-Lou, LouMia", "Mia", "Ana", "Ana, Mia-Lou, LouMia"),
        ("a.b+c@x.example", "a.b+c@x.example", "d@x.example", "d@x.example"),
        # The figures of a time, a sum, a share, a range or a date are other things.
        ("10 at 10:30, $10, 10%, 10-12, 10.5, 10 euros, 10 May", "10", "12",
         "12 at 10:30, $10, 10%, 10-12, 10.5, 10 euros, 10 May"),
    ],
)  # fmt: skip
def test_a_value_is_replaced_where_it_stands_alone(
    text: str, before: Any, after: Any, wanted: str
) -> None:
    assert followed(text, before, after) == wanted


@pytest.mark.parametrize(
    ("text", "after", "wanted"),
    [
        ("I've refunded $38.50.", usd(100000), "I've refunded $1,000.00."),
        ("I've refunded 38.50 as agreed.", usd(3000), "I've refunded 30.00 as agreed."),
        ("$38.50 and again $38.50", usd(3000), "$30.00 and again $30.00"),
        ("$38.50 and $38.51", usd(3000), "$30.00 and $38.51"),
        ("38.50 %", usd(3000), "38.50 %"),
        ("138.50 or 38.505", usd(3000), "138.50 or 38.505"),
    ],
)
def test_a_sum_is_replaced_wherever_it_is_said(text: str, after: Any, wanted: str) -> None:
    assert followed(text, usd(3850), after) == wanted


def test_a_currency_without_parts_is_written_without_them() -> None:
    assert followed("¥5,000", money_of(5000, "JPY"), money_of(12000, "JPY")) == "¥12,000"
    assert followed("5000", money_of(5000, "JPY"), money_of(12000, "JPY")) == "5000"


@pytest.mark.parametrize(
    ("text", "before", "after", "wanted"),
    [
        ("on 2026-11-07", "2026-11-07", "2026-12-08", "on 2026-12-08"),
        ("on November 7, 2026", "2026-11-07", "2027-01-03", "on January 3, 2027"),
        ("on 7 November", "2026-11-07", "2027-01-03", "on 3 January"),
        ("the 1st of May", "2026-05-01", "2026-05-02", "the 2nd of May"),
        ("the 1st of May", "2026-05-01", "2026-05-03", "the 3rd of May"),
        ("the 1st of May", "2026-05-01", "2026-05-11", "the 11th of May"),
        ("the 1st of May", "2026-05-01", "2026-05-12", "the 12th of May"),
        ("the 1st of May", "2026-05-01", "2026-05-13", "the 13th of May"),
        ("the 1st of May", "2026-05-01", "2026-05-21", "the 21st of May"),
        ("le 1er mars", "2026-03-01", "2026-04-02", "le 2 avril"),
        ("7 de noviembre de 2026", "2026-11-07", "2026-12-08", "8 de diciembre de 2026"),
        ("Nov 7", "2026-11-07", "2026-09-07", "Sep 7"),
        ("11/07/2026", "2026-11-07", "2026-12-08", "12/08/2026"),
        ("on 8 November", "2026-11-07", "2026-12-08", "on 8 November"),
        ("on 7 November 2025", "2026-11-07", "2026-12-08", "on 7 November 2025"),
    ],
)
def test_a_day_is_replaced_in_the_words_it_is_written_in(
    text: str, before: str, after: str, wanted: str
) -> None:
    assert followed(text, before, after) == wanted


def test_of_two_edits_of_one_place_the_first_counts() -> None:
    assert all_followed("Order 10412.", [("10412", "1"), ("10412", "2")]) == "Order 1."
    assert all_followed("Order 10412.", []) == "Order 10412."


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("on 13/11/2026", "on 14/11/2026"),
        ("on 11/13/2026", "on 11/14/2026"),
        ("on 13-11-2026", "on 14-11-2026"),
        ("on 13.11.2026", "on 14.11.2026"),
    ],
)
def test_the_former_day_says_which_figure_is_the_day(text: str, wanted: str) -> None:
    assert followed(text, "2026-11-13", "2026-11-14") == wanted


def test_another_month_goes_where_the_former_month_was() -> None:
    assert followed("on 13/11/2026", "2026-11-13", "2026-12-01") == "on 01/12/2026"

"""What a source narrows: exceptions, parts, who acts, whose number it is, hidden signs."""

from typing import Any

import pytest

from tenants.sources.support import annotate

TERMS = """Delivery is free except on islands. Half of the deposit is refunded if you cancel 48
hours before the visit. Customers pay for return postage unless the item arrived damaged.

The Alpha 200 weighs 2.5 kg, whereas the Beta 300 weighs 3.1 kg. Check-in starts at 3 pm and
check-out ends at 11 am. The warranty lasts two years and covers not only parts but also labour.
Batteries aren't covered by the warranty. You must not open the seal. Invoices are sent by e-mail
rather than by post. The premium plan includes unlimited storage; the basic plan does not.
Neither Anna nor Ben can approve refunds. You can cancel free of charge until 24 hours before
arrival; after that the first night is charged.

Standard delivery takes 3 to 5 working days and costs $4.95.
Express delivery takes 1 working day and costs $12.
"""
ORDER = {"order": "77", "totalCents": 4820, "currency": "USD", "paid": "false", "fee_percent": 10}
YEN = {"order": "78", "total": {"value": 5000, "currency": "JPY"}}


def span_of(said: str, content: Any) -> dict[str, Any]:
    (span,) = annotate(f"{said} [1].", [{"n": 1, "title": "Terms", "content": content}]).spans
    return span


@pytest.mark.parametrize(
    ("said", "content"),
    [
        ("Delivery is free on islands", TERMS),
        ("The deposit is refunded if you cancel at least 48 hours before the visit", TERMS),
        ("Customers pay for return postage if the item arrived damaged", TERMS),
        ("We pay for return postage", TERMS),
        ("The Alpha 200 weighs 3.1 kg", TERMS),
        ("The Alpha 200 weighs 2.5 g", TERMS),
        ("Check-in starts at 11 am", TERMS),
        ("Check-in starts at 3 am", TERMS),
        ("The warranty does not cover labour", TERMS),
        ("The warranty covers only parts", TERMS),
        ("You need not open the seal", TERMS),
        ("Invoices are sent by post", TERMS),
        ("The basic plan includes unlimited storage", TERMS),
        ("Anna can approve refunds", TERMS),
        ("You can cancel free of charge until 24 hours after arrival", TERMS),
        ("Express delivery costs $4.95", TERMS),
        ("The total of order 77 is $4,820", ORDER),
        ("The total of order 77 is €48.20", ORDER),
        ("Order 77 is paid", ORDER),
        ("Order 78 cost ¥50", YEN),
        ("Order 78 cost $5,000", YEN),
        ("Erstattungen unter 200 € genehmigt Dana", "Erstattungen über 200 € genehmigt Dana."),
        ("The fee is 3\u200b00 dollars", "The fee is 30 dollars."),
    ],
)
def test_a_sentence_that_leaves_out_what_narrows_its_source_is_marked(
    said: str, content: Any
) -> None:
    assert not span_of(said, content)["supported"]


@pytest.mark.parametrize(
    ("said", "content"),
    [
        ("Delivery is free except on islands", TERMS),
        ("Half of the deposit is refunded if you cancel 48 hours before the visit", TERMS),
        ("You pay for return postage unless the item arrived damaged", TERMS),
        ("The Beta 300 weighs 3.1 kg", TERMS),
        ("Check-in starts at 15:00", TERMS),
        ("The warranty lasts 2 years", TERMS),
        ("The warranty covers both parts and labour", TERMS),
        ("The premium plan includes unlimited storage", TERMS),
        ("Anna can't approve refunds", TERMS),
        ("Express delivery takes 1 working day and costs $12.00", TERMS),
        ("Standard delivery takes 3-5 working days", TERMS),
        ("The total of order 77 is $48.20", ORDER),
        ("Order 78 cost ¥5,000", YEN),
        ("It was delivered on 7 November 2026", {"status": "delivered", "on": "2026-11-07"}),
        ("La garantía dura 2 años", "La garantía dura dos años. Los gastos no se devuelven."),
        ("Software is not refunded", "Soft\u00adware is not re\u00adfunded."),
    ],
)
def test_a_sentence_that_keeps_it_is_supported(said: str, content: Any) -> None:
    assert span_of(said, content)["supported"], span_of(said, content)


def test_what_another_source_says_of_another_thing_takes_no_green_away() -> None:
    found = [
        {"n": 1, "title": "Terms", "content": "Standard delivery takes 5 days."},
        {"n": 2, "title": "Prices", "content": "Express delivery takes 1 day."},
        {"n": 3, "title": "Old terms", "content": "Standard delivery takes 9 days."},
    ]
    said = "Standard delivery takes 5 days [1]."
    assert annotate(said, found[:2]).spans[0]["supported"]
    assert annotate(said, found).spans[0]["why"] == "Source 3 says 9 days, not 5"


@pytest.mark.parametrize(
    "odd", ["²", "½", "\x00", "1e999", "2026-99-99", "99:99", "İİ", "٣", "\u202e03", "[1]"]
)
def test_no_input_stops_the_check(odd: str) -> None:
    records = [{"total_cents": odd}, {odd: odd}, {"a": {"value": 5, "currency": odd}}, {}]
    for content in (odd, *records):
        annotate(f"It is {odd} [1].", [{"n": 1, "title": odd, "content": content}])

"""A text for people that says another sum, day, order or person than the action is marked."""

import time
from typing import Any

import pytest

from approvals.text.agreement import followed, text_disagreements


def usd(value: int) -> dict[str, Any]:
    return {"value": value, "currency": "USD"}


@pytest.mark.parametrize(
    ("text", "args", "said", "done"),
    [
        ("I've refunded $38.50 to your card.", {"amount": usd(3000)}, "$38.50", "$30.00"),
        ("We refund 38.50 dollars.", {"amount": usd(3000)}, "38.50 dollars", "$30.00"),
        ("You get USD 1,200 back.", {"amount": usd(12000)}, "USD 1,200", "$120.00"),
        ("You get €30.00 back.", {"amount": usd(3100)}, "€30.00", "$31.00"),
        ("It comes on 7 November.", {"day": "2026-11-08"}, "7 November", "8 November"),
        ("It comes on November 7th.", {"day": "8 November"}, "November 7th", "8 November"),
        ("Order 10413 is refunded.", {"order": "10412"}, "order 10413", "order 10412"),
        ("Your order no. 10413 …", {"order_id": 10412}, "order 10413", "order 10412"),
        ("Hi Theo,\nall is well.", {"customer": "Mia Chen"}, "Theo", "Mia Chen"),
        ("Dear Mr. Lang,\nhello", {"customer": "Mia Chen"}, "Lang", "Mia Chen"),
        (
            "A confirmation was sent to theo@shop.example.",
            {"to": "mia@shop.example"},
            "theo@shop.example",
            "mia@shop.example",
        ),
    ],
)
def test_what_differs_is_said(text: str, args: dict[str, Any], said: str, done: str) -> None:
    (found,) = text_disagreements(text, [args])
    assert (found.said, found.done) == (said, done)


@pytest.mark.parametrize(
    ("text", "args"),
    [
        ("I've refunded $48.20 to your card.", {"amount": usd(4820)}),
        ("I've refunded 48,20 USD of the 60.00 USD.", {"amount": usd(4820)}),
        ("You get $1,200.00 back.", {"amount": usd(120000)}),
        ("You get $30 back.", {"amount": usd(3000)}),
        ("All is well.", {"amount": usd(3000), "order": "10412", "day": "2026-11-08"}),
        ("It comes on Nov 8.", {"day": "2026-11-08T10:00:00+01:00"}),
        ("Order 10412 and order 10413.", {"order": "10412"}),
        ("Hi there,", {"customer": "Mia Chen"}),
        ("Hi Mia,", {"customer": "Mia Chen"}),
        ("Write to help@shop.example.", {"to": "mia@customers.example"}),
        ("It is refunded in 2 days, on 3 items.", {"count": 5}),
        ("", {"amount": usd(1)}),
    ],
)
def test_what_agrees_or_is_left_unsaid_is_not(text: str, args: dict[str, Any]) -> None:
    assert text_disagreements(text, [args]) == []


def test_a_text_has_to_agree_with_every_action_of_its_group() -> None:
    found = text_disagreements(
        "I've refunded $48.20.", [{"amount": usd(4820)}, {"amount": usd(500)}]
    )
    assert [one.done for one in found] == ["$5.00"]


def money_of(value: int, currency: str) -> dict[str, Any]:
    return {"value": value, "currency": currency}


@pytest.mark.parametrize(
    ("text", "args"),
    [
        ("We refund $4,820.", {"amount": usd(482)}),
        ("We refund C$48.20.", {"amount": usd(4820)}),
        ("We refunded 99.00 to your card.", {"amount": usd(4820)}),
        ("Wir erstatten 99 Franken.", {"amount": money_of(4820, "CHF")}),
        ("We refund 5,000 yen.", {"amount": money_of(500, "JPY")}),
        ("Sehr geehrte Frau Lang,\nalles gut", {"customer": "Mia Chen"}),
        ("Good morning Theo,\nall is well", {"customer": "Mia Chen"}),
        ("Dear Mia Lang,\nall is well", {"customer": "Mia Chen"}),
        ("It comes on Nov. 7.", {"day": "2026-11-08"}),
        ("Ihr Termin ist am 7. Dezember.", {"day": "2026-11-08"}),
        ("Ihr Termin ist am 07.11.2026.", {"day": "2026-11-08"}),
        ("It comes on 11/07/2026.", {"day": "2026-11-08"}),
        ("It comes on 8 November 2026.", {"day": "2027-11-08"}),
        ("It comes from 7 November to 10 November.", {"from": "2026-11-07", "to": "2026-11-09"}),
        ("Order: 10413 is refunded.", {"order": "10412"}),
        ("Order number 10413 is refunded.", {"orderId": "10412"}),
        ("Ihre Bestellung 10413 kommt.", {"order_id": "10412"}),
        ("You get the confirmation at theo@shop.example.", {"to": "mia@shop.example"}),
        ("We'll e-mail theo@shop.example today.", {"to": "mia@shop.example"}),
    ],
)
def test_what_differs_is_marked_in_the_ways_people_write_it(
    text: str, args: dict[str, Any]
) -> None:
    assert len(text_disagreements(text, [args])) == 1


@pytest.mark.parametrize(
    ("text", "args"),
    [
        ("We refund C$99.", {"amount": money_of(9900, "CAD")}),
        ("We refund $99.", {"amount": money_of(9900, "AUD")}),
        ("We refund 1 234,56 €.", {"amount": money_of(123456, "EUR")}),
        ("We refund KWD 1.500.", {"amount": money_of(1500, "KWD")}),
        ("See ISO 9001 and form ABC 123.", {"amount": usd(4820)}),
        ("Dear José,", {"customer": "Jose Diaz"}),
        ("Dear Mary-Jane,", {"customer": "Mary-Jane O'Neil"}),
        ("Dear Mr O’Neil,", {"customer": "Pat O'Neil"}),
        ("Dear valued customer,", {"customer": "Mia Chen"}),
        ("Bonjour Madame Chen,", {"customer": "Mia Chen"}),
        ("Hallo zusammen,", {"customer": "Mia Chen"}),
        ("Hello and thank you", {"customer": "Mia Chen"}),
        ("It comes on 7 November.", {"day": "2026-11-07", "made_at": "2026-01-02T10:00:00"}),
        ("Am 7. November 2026 um 10 Uhr.", {"day": "2026-11-07"}),
        ("It comes on 07/11/2026.", {"day": "2026-11-07"}),
        ("You may 2 times do so.", {"day": "2026-11-07"}),
        ("In order 2 times to do so.", {"order": "10412"}),
        ("Please send a photo to help@shop.example.", {"to": "mia@customers.example"}),
    ],
)
def test_what_agrees_is_not_marked_in_the_ways_people_write_it(
    text: str, args: dict[str, Any]
) -> None:
    assert text_disagreements(text, [args]) == []


@pytest.mark.parametrize("unit", ["$1", "order ", "a@", "1", "7 nov"])
def test_a_long_text_is_compared_at_once(unit: str) -> None:
    """G8: in the square of its length it would take minutes."""
    args = {"amount": usd(1), "order": "10412", "customer": "Mia", "day": "2026-11-08"}
    text = unit * (100_000 // len(unit))
    began = time.thread_time()
    text_disagreements(text, [args])
    followed(text, usd(3850), usd(3000))
    assert time.thread_time() - began < 5

"""A text for people that says another sum, day, order or person than the action is marked."""

from typing import Any

import pytest

from approvals.agreement import disagreements, followed, is_said


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
    (found,) = disagreements(text, [args])
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
    assert disagreements(text, [args]) == []


def test_a_text_has_to_agree_with_every_action_of_its_group() -> None:
    found = disagreements("I've refunded $48.20.", [{"amount": usd(4820)}, {"amount": usd(500)}])
    assert [one.done for one in found] == ["$5.00"]


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


def test_whether_a_value_is_said_is_asked_without_changing_anything() -> None:
    assert is_said("I've refunded $38.50.", usd(3850))
    assert not is_said("I've refunded $38.50.", usd(3000))
    assert not is_said("", "")


def test_a_long_text_is_compared_at_once() -> None:
    args = {"amount": usd(1), "order": "10412", "customer": "Mia", "day": "2026-11-08"}
    for text in ("$1" * 30_000, "order " * 20_000, "a@" * 40_000, "1" * 90_000, "7 nov" * 20_000):
        disagreements(text, [args])
        followed(text, usd(3850), usd(3000))

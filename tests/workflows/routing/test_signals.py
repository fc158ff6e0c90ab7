"""Signals: what makes a call harder, and whose data is in a prompt."""

import time

import pytest

from workflows.routing.levels import Difficulty, Sensitivity
from workflows.routing.signals import (
    Measures,
    SignalLimits,
    difficulty_of,
    estimated_tokens,
    sensitivity_of,
    signals_of,
)

LIMITS = SignalLimits()


@pytest.mark.parametrize(
    ("found", "fired", "difficulty"),
    [
        (Measures(10, 2, sources=3), set(), Difficulty.EASY),
        (Measures(3000, 2, sources=3), {"tokens"}, Difficulty.USUAL),
        (Measures(10, 8, sources=3), {"fields"}, Difficulty.USUAL),
        (Measures(10, 2, sources=1), {"few_sources"}, Difficulty.USUAL),
        (Measures(10, 2, sources=0, attempt=2), {"few_sources", "attempts"}, Difficulty.HARD),
        (
            Measures(9000, 20, sources=0, attempt=3),
            {"tokens", "fields", "few_sources", "attempts"},
            Difficulty.HARD,
        ),
    ],
)
def test_each_signal_makes_a_call_harder(
    found: Measures, fired: set[str], difficulty: Difficulty
) -> None:
    signals = signals_of(found, LIMITS)
    assert {one.name for one in signals if one.fired} == fired
    assert difficulty_of(signals) is difficulty


def test_a_call_that_looked_for_nothing_found_not_too_little() -> None:
    assert "few_sources" not in {one.name for one in signals_of(Measures(1, 1), LIMITS)}


def test_a_limit_of_0_switches_its_signal_off() -> None:
    off = SignalLimits(tokens=0, fields=0, few_sources=0, attempts=0)
    assert not any(one.fired for one in signals_of(Measures(10**6, 99, 0, 9), off))


@pytest.mark.parametrize(
    "text",
    [
        "Write to mia.chen@customers.example please",
        "Call +49 30 1234 5678",
        "call (030) 123-45678-90",
        "(555) 123-4567",
        "+1 (555) 123-4567 now",
        "555.123.4567",
        "+49.30.12345678",
        "0171\u20132345678",
        "030 / 1234567 8",
        "Tel.5551234567",
        "5551234567,5551234568",
        "123-45-6789",
        "756.1234.5678.97",
        "4111.1111.1111.1111",
        "4111\u00a01111\u00a01111\u00a01111",
        "anna\uff20example.com",
        '"a b"@example.com',
        "Card 4111 1111 1111 1111",
        "IBAN DE89 3704 0044 0532 0130 00",
        "my IBAN: GB29NWBK60161331926819",
    ],
)
def test_what_tells_a_person_is_personal(text: str) -> None:
    assert sensitivity_of([text], is_clients=False) is Sensitivity.PERSONAL


@pytest.mark.parametrize(
    "text",
    [
        "Order 10412 came on 2026-11-18 and cost $48.20.",
        "Orders 10412, 10413, 10414 and 10415",
        "1,234,567,890.00 units",
        "at 10:30 on 24.12.2026",
        "2026-11-17 12:00 to 2026-11-18T12:00:00+00:00",
        "17/11/2026 10:30, 18.11.2026, 10:30",
        "2024-01-01/2024-12-31",
        "piece 01a22a98-508c-7000-8000-01f5f56f9a49",
        "1.234.567,00",
        "lodash@4.17.21",
        "10412\n10413\n10414",
        "",
    ],
)
def test_numbers_of_orders_days_and_amounts_are_not(text: str) -> None:
    assert sensitivity_of([text], is_clients=False) is Sensitivity.PUBLIC
    assert sensitivity_of([text], is_clients=True) is Sensitivity.INTERNAL


@pytest.mark.parametrize("part", ["1 ", "1", "1-", "a@", "1.111.", "AB12 ", "12/12/", "a.", "1:"])
def test_no_text_takes_long_to_look_through(part: str) -> None:
    began = time.process_time()
    sensitivity_of([part * (200_000 // len(part))], is_clients=False)
    assert time.process_time() - began < 5  # quadratic would be minutes


def test_measures_are_read_from_the_signals_that_were_kept() -> None:
    found = Measures(10, 2, sources=3, attempt=4)
    assert Measures.from_json([one.as_json() for one in signals_of(found, LIMITS)]) == found
    without = Measures(10, 2)
    assert Measures.from_json([one.as_json() for one in signals_of(without, LIMITS)]) == without


def test_tokens_are_estimated_and_never_as_none() -> None:
    assert [estimated_tokens(text) for text in ("", "a", "four", "five!")] == [0, 1, 1, 2]

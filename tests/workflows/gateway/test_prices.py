"""Prices: every bucket at its rate, tiers by the prompt's length, and ceilings that hold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows.gateway.prices import FREE, Price, Rates, flat_price, listed_price
from workflows.gateway.usage import Usage

SONNET = {
    "input_cost_per_token": 3e-06,
    "output_cost_per_token": 1.5e-05,
    "cache_read_input_token_cost": 3e-07,
    "cache_creation_input_token_cost": 3.75e-06,
    "cache_creation_input_token_cost_above_1hr": 6e-06,
}
GEMINI = {
    "input_cost_per_token": 1.25e-06,
    "output_cost_per_token": 1e-05,
    "cache_read_input_token_cost": 1.25e-07,
    "input_cost_per_token_above_200k_tokens": 2.5e-06,
    "output_cost_per_token_above_200k_tokens": 1.5e-05,
    "input_cost_per_token_above_200k_tokens_priority": 4.5e-06,
}
QWEN = {
    "tiered_pricing": [
        {"input_cost_per_token": 5e-08, "output_cost_per_token": 4e-07, "range": [0, 256000.0]},
        {"input_cost_per_token": 2.5e-07, "output_cost_per_token": 2e-06, "range": [256000.0, 1e6]},
    ]
}


def price(listed: dict[str, object]) -> Price:
    found = listed_price(listed)
    assert found is not None
    return found


def test_each_bucket_is_paid_at_its_own_rate() -> None:
    usage = Usage(uncached=1000, cache_read=10_000, cache_write=2000, answer=500, reasoning=100)
    # 3,000 + 3,000 + 7,500 + 7,500 + 1,500 millionths
    assert price(SONNET).cost_micros(usage) == 22_500


def test_a_bucket_without_a_rate_of_its_own_costs_what_its_side_costs() -> None:
    plain = price({"input_cost_per_token": 1e-06, "output_cost_per_token": 2e-06})
    assert plain.cost_micros(Usage(1, 1, 1, 1, 1)) == 7
    dear = price({**SONNET, "output_cost_per_reasoning_token": 1e-04})
    assert dear.cost_micros(Usage(reasoning=1)) == 100


def test_the_whole_of_a_longer_prompt_costs_its_tier() -> None:
    found = price(GEMINI)
    assert [above for above, _ in found.tiers] == [0, 200_000]
    assert found.cost_micros(Usage(uncached=200_000)) == 250_000
    assert found.cost_micros(Usage(uncached=200_001)) == 500_003  # rounded up
    # Cached tokens make the prompt as long; a tier keeps the rates that it does not name.
    assert found.cost_micros(Usage(uncached=1, cache_read=200_000)) == 25_003
    assert price(QWEN).cost_micros(Usage(uncached=300_000, answer=1000)) == 77_000


def test_a_price_below_a_millionth_is_rounded_up_and_never_to_nothing() -> None:
    assert flat_price(5e-08, 4e-07).cost_micros(Usage(uncached=1)) == 1
    assert FREE.cost_micros(Usage(10, 10, 10, 10, 10)) == 0


@pytest.mark.parametrize(
    "listed",
    [
        {},
        {"input_cost_per_second": 0.02, "output_cost_per_second": 0.02},
        {"input_cost_per_token": 1e-06},
        {"output_cost_per_token": 1e-06},
        {"input_cost_per_token": "1e-06", "output_cost_per_token": 1e-06},
        {"input_cost_per_token": -1e-06, "output_cost_per_token": 1e-06},
        {"input_cost_per_token": True, "output_cost_per_token": 1e-06},
        {"tiered_pricing": [{"input_cost_per_token": 1e-06, "range": [0, 1]}]},
        {"tiered_pricing": []},
        {"input_cost_per_token": 0, "output_cost_per_token": 0.0},
    ],
    ids=str,
)
def test_what_has_no_price_a_token_has_an_unknown_one(listed: dict[str, object]) -> None:
    assert listed_price(listed) is None


def test_a_fee_a_call_is_paid_once() -> None:
    found = price({**SONNET, "input_cost_per_request": 0.005})
    assert found.cost_micros(Usage(uncached=1)) == 5_003
    assert found.ceiling_micros(1, 0) == 5_004


def test_putting_into_a_cache_costs_as_much_as_the_input_at_least() -> None:
    odd = price({**SONNET, "cache_creation_input_token_cost": 0})
    assert odd.cost_micros(Usage(cache_write=1_000_000)) == 3_000_000


tokens = st.integers(0, 400_000)


@given(tokens, tokens, tokens, tokens, tokens, st.sampled_from([SONNET, GEMINI, QWEN]))
def test_no_call_costs_more_than_its_ceiling(
    uncached: int, read: int, write: int, answer: int, reasoning: int, listed: dict[str, object]
) -> None:
    usage = Usage(uncached, read, write, answer, reasoning)
    ceiling = price(listed).ceiling_micros(usage.tokens_in, usage.tokens_out)
    assert price(listed).cost_micros(usage) <= ceiling


def test_a_ceiling_takes_the_dearest_tier_within_reach() -> None:
    cheaper_when_long = Price(((0, Rates(9, 9, 9, 9, 9)), (100, Rates(1, 1, 1, 1, 1))))
    assert cheaper_when_long.ceiling_micros(10**6, 0) == 9
    assert cheaper_when_long.rates(101) == Rates(1, 1, 1, 1, 1)

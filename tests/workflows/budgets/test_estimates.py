"""A call's ceiling is never below what it can cost."""

from hypothesis import given
from hypothesis import strategies as st

from workflows.budgets.estimates import ADDED, ceiling_of
from workflows.gateway.prices import Price, Rates, flat_price
from workflows.gateway.usage import Usage


def request(text: str, most_out: int = 100) -> dict[str, object]:
    return {
        "messages": [{"role": "user", "content": text}],
        "schema": {"type": "object"},
        "max_tokens": most_out,
    }


@given(st.text(), st.integers(1, 5_000))
def test_a_text_has_no_more_tokens_than_bytes(text: str, most_out: int) -> None:
    ceiling = ceiling_of(request(text, most_out), flat_price(1e-6, 2e-6))
    size = len(text.encode("utf-8", "replace"))
    assert ceiling.tokens >= size + most_out + ADDED
    assert ceiling.micros is not None
    assert ceiling.micros >= size + 2 * most_out


def test_the_dearest_tier_that_the_prompt_can_reach_counts() -> None:
    near = Rates(1_000_000, 1_000_000, 1_250_000, 5_000_000, 5_000_000)
    far = Rates(2_000_000, 2_000_000, 2_500_000, 9_000_000, 9_000_000)
    price = Price(((0, near), (2_000, far)))
    short, long = ceiling_of(request("a" * 100), price), ceiling_of(request("a" * 3_000), price)
    assert short.micros == price.ceiling_micros(short.tokens - 100, 100)
    assert long.micros is not None
    assert long.micros >= price.cost_micros(Usage(cache_write=2_500, reasoning=100))


def test_tools_are_counted_and_a_schema_may_be_missing() -> None:
    asked = {name: value for name, value in request("hello").items() if name != "schema"}
    bare = ceiling_of(asked, None)
    tools = [{"name": "shop.find", "description": "d" * 500, "parameters": {}}]
    assert ceiling_of(asked | {"tools": tools}, None).tokens > bare.tokens + 500


def test_without_a_price_the_money_is_not_known() -> None:
    ceiling = ceiling_of(request("hello"), None)
    assert ceiling.micros is None
    assert ceiling.tokens > 0

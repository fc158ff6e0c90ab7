"""Prices that are unknown, or that two lists disagree about, are named."""

from decimal import Decimal

import pytest

from workflows.gateway import price_check
from workflows.gateway.price_check import price_problem


@pytest.mark.parametrize(
    "name", ["openai/gpt-4o", "anthropic/claude-sonnet-4-5", "gemini/gemini-2.5-pro"]
)
def test_two_lists_that_agree_say_nothing(name: str) -> None:
    assert price_check._second_opinion(name) is not None
    assert price_problem(name) == ""


def test_an_unknown_price_is_named() -> None:
    assert "hosted_vllm/own is not known" in price_problem("hosted_vllm/own")


def test_a_model_that_one_list_has_is_not_doubtful(monkeypatch: pytest.MonkeyPatch) -> None:
    assert price_problem("offline/extractive") == ""
    monkeypatch.setattr(price_check, "_second_opinion", lambda name: None)
    assert price_problem("openai/gpt-4o") == ""


def test_a_difference_is_told_with_both_prices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(price_check, "_second_opinion", lambda name: Decimal(99))
    said = price_problem("openai/gpt-4o")
    assert "$12.50 by LiteLLM's list, $99.00 by genai-prices" in said

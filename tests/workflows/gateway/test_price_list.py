"""The price list of LiteLLM, read as a file."""

import subprocess
import sys

import pytest

from workflows.gateway import price_list
from workflows.gateway.price_list import find_model, price_of
from workflows.gateway.prices import FREE
from workflows.gateway.usage import Usage

ROUND = Usage(uncached=1_000_000, answer=1_000_000)


@pytest.mark.parametrize(
    "name",
    [
        "openai/gpt-4o",
        "gpt-4o",
        "anthropic/claude-sonnet-4-5",
        "gemini/gemini-2.5-pro",
        "azure/gpt-4o",
        "mistral/mistral-large-latest",
        "bedrock/anthropic.claude-haiku-4-5-20251001-v1:0",
    ],
)
def test_a_model_is_found_by_the_name_we_ask_it_by(name: str) -> None:
    found = find_model(name)
    assert found is not None
    assert found.price is not None
    assert found.price.cost_micros(ROUND) > 0
    assert found.most_in >= found.most_out > 0
    assert found.has_tools


@pytest.mark.parametrize(
    "name",
    [
        "openai/no-such-model",
        "hosted_vllm/gpt-4o",  # a server of one's own does not cost what OpenAI takes
        "open/gpt-4o",
        "",
        "/",
        "openai/",
        "openai/text-embedding-3-small",
    ],
)
def test_a_model_that_is_not_listed_has_no_price(name: str) -> None:
    assert find_model(name) is None
    assert price_of(name, "") is None


def test_of_the_model_that_answered_and_the_one_that_was_asked_the_dearer_counts() -> None:
    mini, large = find_model("openai/gpt-4o-mini"), find_model("openai/gpt-4o")
    assert mini is not None
    assert large is not None
    assert mini.price != large.price
    assert price_of("openai/gpt-4o", "gpt-4o-mini-2024-07-18") == large.price
    assert price_of("openai/gpt-4o-mini", "gpt-4o") == large.price
    assert price_of("openai/gpt-4o-mini", "openai/gpt-4o-mini") == mini.price
    assert price_of("gpt-4o", "offline/free") == large.price
    assert price_of("of-our-own", "offline/free") is None
    assert price_of("openai/gpt-4o", "an-alias-of-their-own") == large.price
    assert price_of("openai/of-our-own", "an-alias-of-their-own") is None


def test_the_offline_drafter_is_free() -> None:
    assert price_of("offline/extractive", "offline/extractive") == FREE


def test_every_listed_price_is_read_or_unknown() -> None:
    read = [price_list._listed_model(name, one) for name, one in price_list._entries().items()]
    assert len(read) > 2000
    known = [one.price for one in read if one.price is not None]
    assert len(known) > 0.9 * len(read)
    assert all(price.cost_micros(ROUND) <= price.ceiling_micros(10**6, 10**6) for price in known)


def test_litellm_is_not_imported_for_a_price() -> None:
    program = (
        "import sys; from workflows.gateway.price_list import price_of\n"
        "assert price_of('openai/gpt-4o', 'gpt-4o')\n"
        "assert 'litellm' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def test_a_region_that_the_server_leaves_out_costs_what_it_costs() -> None:
    europe, world = find_model("azure/eu/gpt-4o-2024-08-06"), find_model("azure/gpt-4o-2024-08-06")
    assert europe is not None
    assert world is not None
    assert europe.price != world.price
    assert price_of("azure/eu/gpt-4o-2024-08-06", "gpt-4o-2024-08-06") == europe.price


def test_a_listed_0_is_no_price() -> None:
    found = find_model("ollama/llama3")
    assert found is not None
    assert found.price is None

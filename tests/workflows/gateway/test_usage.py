"""Tokens in five buckets: each counted once, and together what the provider counts."""

from typing import Any

import pytest

from workflows.gateway.usage import Usage, read_usage, token_count

OPENAI = {
    "prompt_tokens": 2006,
    "completion_tokens": 300,
    "total_tokens": 2306,
    "prompt_tokens_details": {"cached_tokens": 1920, "audio_tokens": 0},
    "completion_tokens_details": {"reasoning_tokens": 128, "accepted_prediction_tokens": 0},
}
OPENAI_RESPONSES = {
    "input_tokens": 328,
    "input_tokens_details": {"cached_tokens": 128},
    "output_tokens": 52,
    "output_tokens_details": {"reasoning_tokens": 12},
    "total_tokens": 380,
}
ANTHROPIC = {
    "input_tokens": 21,
    "cache_creation_input_tokens": 188_086,
    "cache_read_input_tokens": 1_000,
    "cache_creation": {"ephemeral_5m_input_tokens": 188_086, "ephemeral_1h_input_tokens": 0},
    "output_tokens": 393,
    "service_tier": "standard",
}
GEMINI = {
    "promptTokenCount": 509,
    "cachedContentTokenCount": 400,
    "candidatesTokenCount": 1000,
    "thoughtsTokenCount": 1006,
    "totalTokenCount": 2515,
}
GEMINI_WITH_TOOLS = {
    "promptTokenCount": 20,
    "toolUsePromptTokenCount": 30,
    "candidatesTokenCount": 5,
    "totalTokenCount": 55,
}
BEDROCK = {
    "inputTokens": 10,
    "cacheReadInputTokens": 20,
    "cacheWriteInputTokens": 30,
    "outputTokens": 40,
    "totalTokens": 100,
}
# LiteLLM's own shape for Anthropic: the prompt includes what was cached, which is named twice.
LITELLM_ANTHROPIC = {
    "prompt_tokens": 189_107,
    "completion_tokens": 393,
    "total_tokens": 189_500,
    "prompt_tokens_details": {"cached_tokens": 1_000, "cache_creation_tokens": 188_086},
    "cache_creation_input_tokens": 188_086,
    "cache_read_input_tokens": 1_000,
}
XAI = {
    "prompt_tokens": 37,
    "completion_tokens": 530,
    "total_tokens": 800,
    "completion_tokens_details": {"reasoning_tokens": 233},
}
DEEPSEEK = {
    "prompt_tokens": 100,
    "prompt_cache_hit_tokens": 64,
    "prompt_cache_miss_tokens": 36,
    "completion_tokens": 20,
    "total_tokens": 120,
}
OLLAMA = {"prompt_eval_count": 26, "eval_count": 290}

SHAPES: dict[str, tuple[dict[str, Any], Usage, int]] = {
    "OpenAI": (OPENAI, Usage(86, 1920, 0, 172, 128), 2306),
    "OpenAI Responses": (OPENAI_RESPONSES, Usage(200, 128, 0, 40, 12), 380),
    "Anthropic": (ANTHROPIC, Usage(21, 1_000, 188_086, 393), 189_500),
    "Gemini": (GEMINI, Usage(109, 400, 0, 1000, 1006), 2515),
    "Gemini with tools": (GEMINI_WITH_TOOLS, Usage(50, 0, 0, 5), 55),
    "Bedrock": (BEDROCK, Usage(10, 20, 30, 40), 100),
    "Anthropic through LiteLLM": (LITELLM_ANTHROPIC, Usage(21, 1_000, 188_086, 393), 189_500),
    "xAI, reasoning beside the answer": (XAI, Usage(37, 0, 0, 530, 233), 800),
    "DeepSeek": (DEEPSEEK, Usage(36, 64, 0, 20), 120),
    "Ollama": (OLLAMA, Usage(26, 0, 0, 290), 316),
}


@pytest.mark.parametrize("name", SHAPES)
def test_the_buckets_of_a_providers_answer_add_up_to_its_total(name: str) -> None:
    counts, usage, total = SHAPES[name]
    assert read_usage(counts) == usage
    assert usage.tokens_in + usage.tokens_out == total


@pytest.mark.parametrize(
    ("counts", "usage"),
    [
        ({"prompt_tokens": None, "input_tokens": 100, "output_tokens": 20}, Usage(100, 0, 0, 20)),
        ({"prompt_tokens": 0, "input_tokens": 100, "output_tokens": 20}, Usage(100, 0, 0, 20)),
        ({**OPENAI_RESPONSES, "cache_read_input_tokens": None}, Usage(200, 128, 0, 40, 12)),
        (
            {"input_tokens": 5, "cache_creation": {"ephemeral_1h_input_tokens": 1000}},
            Usage(5, 0, 1000),
        ),
        (
            {"inputTokens": 50, "cacheReadInputTokenCount": 100, "outputTokens": 1},
            Usage(50, 100, 0, 1),
        ),
        (
            {"prompt_token_count": 9, "candidates_token_count": 4, "thoughts_token_count": 2},
            Usage(9, 0, 0, 4, 2),
        ),
        (
            {"prompt_tokens": 33, "completion_tokens": 436, "reasoning_tokens": 9000},
            Usage(33, 0, 0, 436, 9000),
        ),
    ],
)
def test_other_names_and_odd_mixtures_are_read_too(counts: dict[str, Any], usage: Usage) -> None:
    assert read_usage(counts) == usage


@pytest.mark.parametrize(
    "counts",
    [
        {"input_tokens": 2 * 10**9, "cache_read_input_tokens": 2 * 10**9, "output_tokens": 1},
        {"promptTokenCount": 2 * 10**9, "toolUsePromptTokenCount": 2 * 10**9},
        {"candidatesTokenCount": 2 * 10**9, "thoughtsTokenCount": 2 * 10**9},
        {"prompt_tokens": 10**350, "completion_tokens": 10**350},
    ],
)
def test_counts_that_no_column_can_hold_are_none(counts: dict[str, Any]) -> None:
    assert read_usage(counts) == Usage()


@pytest.mark.parametrize("counts", [None, [], "free", 7, {}, {"prompt_tokens": None}])
def test_what_is_no_count_is_no_token(counts: Any) -> None:
    assert read_usage(counts) == Usage()


def test_details_that_are_more_than_the_whole_take_nothing_below_zero() -> None:
    found = read_usage(
        {
            "prompt_tokens": 10,
            "completion_tokens": 5,
            "prompt_tokens_details": {"cached_tokens": 99, "cache_creation_tokens": 99},
            "completion_tokens_details": {"reasoning_tokens": 99},
        }
    )
    assert found == Usage(0, 10, 0, 5, 99)  # more than the answer is not inside it
    assert read_usage({"prompt_tokens": 10, "prompt_tokens_details": "none"}) == Usage(10)


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("odd", [None, -1, "many", 2**40, float("nan"), True, {}, []])
def test_an_odd_count_counts_as_missing_and_none_is_negative(name: str, odd: Any) -> None:
    counts, _, _ = SHAPES[name]
    for key in counts:
        found = read_usage({**counts, key: odd})
        buckets = (found.uncached, found.cache_read, found.cache_write)
        assert all(n >= 0 for n in (*buckets, found.answer, found.reasoning))


@pytest.mark.parametrize(
    ("written", "tokens"),
    [
        (12, 12),
        (12.0, 12),
        ("12", 12),
        ("12.0", 12),
        (None, 0),
        (-3, 0),
        (2**40, 0),
        ("many", 0),
        (True, 0),
        ([7], 0),
        ({}, 0),
        (float("inf"), 0),
        (float("nan"), 0),
        ("9" * 5000, 0),
    ],
)
def test_a_count_is_read_however_it_is_written_and_is_0_where_it_is_odd(
    written: Any, tokens: int
) -> None:
    assert token_count(written) == tokens

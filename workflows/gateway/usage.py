"""Tokens of a call, in five buckets that don't overlap, read from any provider's counts. Pure.

Providers disagree on what a count contains. OpenAI counts cached tokens within the prompt and
reasoning within the answer; Anthropic counts cached tokens beside the input; Gemini counts thoughts
beside the candidates. Each bucket here is counted once, so that each can have its own price and the
sum is what the provider counts.
"""

import math
from dataclasses import dataclass
from typing import Any

MOST_TOKENS = 2**31 - 1  # what the journal's columns hold

INPUT = ("prompt_tokens", "input_tokens", "inputTokens", "prompt_eval_count", "promptTokenCount")
OUTPUT = (
    *("completion_tokens", "output_tokens", "outputTokens", "eval_count"),
    "candidatesTokenCount",
)
CACHE_READ = (
    *("cache_read_input_tokens", "cacheReadInputTokens", "cachedContentTokenCount"),
    *("prompt_cache_hit_tokens", "cached_tokens"),
)
CACHE_WRITE = (
    *("cache_creation_input_tokens", "cacheWriteInputTokens", "cache_creation_tokens"),
    "cache_write_tokens",
)
REASONING = ("reasoning_tokens", "thoughtsTokenCount")
TOTAL = ("total_tokens", "totalTokens", "totalTokenCount")
INPUT_DETAILS = ("prompt_tokens_details", "input_tokens_details")
OUTPUT_DETAILS = ("completion_tokens_details", "output_tokens_details")
# Input counts that leave out what was read from or written to the cache, where these names give it.
APART_INPUT = {"input_tokens": CACHE_READ[0], "inputTokens": CACHE_READ[1]}
APART_WRITE = {"input_tokens": CACHE_WRITE[0], "inputTokens": CACHE_WRITE[1]}


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one call. ``uncached`` is the input that was neither read from nor put in a cache.

    ``answer`` is the output without the ``reasoning``.
    """

    uncached: int = 0
    cache_read: int = 0
    cache_write: int = 0
    answer: int = 0
    reasoning: int = 0

    @property
    def tokens_in(self) -> int:
        """Tokens of the prompt, cached ones too."""
        return self.uncached + self.cache_read + self.cache_write

    @property
    def tokens_out(self) -> int:
        """Tokens that the model made, reasoning too."""
        return self.answer + self.reasoning


def read_usage(counts: Any) -> Usage:
    """Return the usage in a provider's counts; an odd value counts as missing."""
    counts = counts if isinstance(counts, dict) else {}
    input_name, given = _first(counts, INPUT)
    _, made = _first(counts, OUTPUT)
    inside = _details(counts, INPUT_DETAILS)
    cache_read = _first(counts, CACHE_READ)[1] or _first(inside, CACHE_READ)[1]
    cache_write = _first(counts, CACHE_WRITE)[1] or _first(inside, CACHE_WRITE)[1]
    made_inside = _details(counts, OUTPUT_DETAILS)
    reasoning = _first(counts, REASONING)[1] or _first(made_inside, REASONING)[1]
    total = _first(counts, TOTAL)[1]
    if _is_apart(counts, input_name):
        uncached = given
    else:
        cache_read = min(cache_read, given)
        cache_write = min(cache_write, given - cache_read)
        uncached = given - cache_read - cache_write
    # Gemini's prompt leaves out the results of its own tools, which are input all the same.
    uncached += token_count(counts.get("toolUsePromptTokenCount"))
    spent = uncached + cache_read + cache_write
    # Where the total says so, the reasoning was counted beside the answer.
    if "candidatesTokenCount" in counts or total == spent + made + reasoning:
        answer = made
    else:
        reasoning = min(reasoning, made)
        answer = made - reasoning
    return Usage(uncached, cache_read, cache_write, answer, reasoning)


def token_count(value: Any) -> int:
    """Return a number of tokens from a number or its text; 0 for any other value."""
    if isinstance(value, str) and len(value) <= 20:
        try:
            value = float(value)
        except ValueError:
            return 0
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return 0
    return int(value) if 0 <= value <= MOST_TOKENS else 0


def _is_apart(counts: dict[str, Any], input_name: str) -> bool:
    """Whether cached tokens are counted beside the input, as Anthropic and Bedrock count them."""
    names = (APART_INPUT.get(input_name), APART_WRITE.get(input_name))
    return any(name in counts for name in names)


def _first(counts: dict[str, Any], names: tuple[str, ...]) -> tuple[str, int]:
    """Return the first of these names that the counts have, with its number; "" and 0 for none."""
    return next(((name, token_count(counts[name])) for name in names if name in counts), ("", 0))


def _details(counts: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return next((counts[name] for name in names if isinstance(counts.get(name), dict)), {})

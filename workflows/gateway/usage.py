"""Tokens of a call, in five buckets that don't overlap, read from any provider's counts. Pure.

Providers disagree on what a count contains. OpenAI counts cached tokens within the prompt and
reasoning within the answer; Anthropic counts cached tokens beside the input; Gemini counts thoughts
beside the candidates. Each bucket here is counted once, so that each can have its own price and the
sum is what the provider counts.
"""

from dataclasses import dataclass
from typing import Any

MOST_TOKENS = 2**31 - 1  # what the journal's columns hold

INPUT = (
    *("prompt_tokens", "input_tokens", "inputTokens", "prompt_eval_count"),
    *("promptTokenCount", "prompt_token_count"),
)
BESIDE = ("candidatesTokenCount", "candidates_token_count")  # outputs without the thoughts
OUTPUT = ("completion_tokens", "output_tokens", "outputTokens", "eval_count", *BESIDE)
CACHE_READ = (
    *("cache_read_input_tokens", "cacheReadInputTokens", "cacheReadInputTokenCount"),
    *("cachedContentTokenCount", "cached_content_token_count"),
    *("prompt_cache_hit_tokens", "cached_tokens"),
)
CACHE_WRITE = (
    *("cache_creation_input_tokens", "cacheWriteInputTokens", "cacheWriteInputTokenCount"),
    *("cache_creation_tokens", "cache_write_tokens"),
)
WRITTEN_FOR = ("ephemeral_5m_input_tokens", "ephemeral_1h_input_tokens")
REASONING = ("reasoning_tokens", "thoughtsTokenCount", "thoughts_token_count")
TOTAL = ("total_tokens", "totalTokens", "totalTokenCount", "total_token_count")
INPUT_DETAILS = ("prompt_tokens_details", "input_tokens_details")
OUTPUT_DETAILS = ("completion_tokens_details", "output_tokens_details")
# Inputs that leave out what was read from or written to the cache, where one of these counts it.
APART = {
    "input_tokens": ("cache_read_input_tokens", "cache_creation_input_tokens", "cache_creation"),
    "inputTokens": (
        *("cacheReadInputTokens", "cacheReadInputTokenCount"),
        *("cacheWriteInputTokens", "cacheWriteInputTokenCount"),
    ),
}


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
    """Return the usage in a provider's counts; an odd value counts as missing.

    Counts that no column could hold are those of no answer, so nothing is counted.
    """
    counts = counts if isinstance(counts, dict) else {}
    input_name, given = _first(counts, INPUT)
    output_name, made = _first(counts, OUTPUT)
    cache_read, cache_write = _cached(counts)
    made_inside = _details(counts, OUTPUT_DETAILS)
    reasoning = _first(counts, REASONING)[1] or _first(made_inside, REASONING)[1]
    if _is_apart(counts, input_name):
        uncached = given
    else:
        cache_read = min(cache_read, given)
        cache_write = min(cache_write, given - cache_read)
        uncached = given - cache_read - cache_write
    # Gemini's prompt leaves out the results of its own tools, which are input all the same.
    uncached += token_count(counts.get("toolUsePromptTokenCount"))
    spent = uncached + cache_read + cache_write
    total = _first(counts, TOTAL)[1]
    # Beside the answer where the total says so, and where there is more of it than of the answer.
    is_beside = output_name in BESIDE or reasoning > made or total == spent + made + reasoning
    answer = made if is_beside else made - reasoning
    found = Usage(uncached, cache_read, cache_write, answer, reasoning)
    return found if max(found.tokens_in, found.tokens_out) <= MOST_TOKENS else Usage()


def token_count(value: Any) -> int:
    """Return a number of tokens from a number or its text; 0 for any other value."""
    if isinstance(value, str) and len(value) <= 20:
        try:
            value = float(value)
        except ValueError:
            return 0
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    # Infinity, and what is no number, are in no range.
    return int(value) if is_number and 0 <= value <= MOST_TOKENS else 0


def _cached(counts: dict[str, Any]) -> tuple[int, int]:
    """Return how many tokens were read from a cache, and how many were put in one."""
    inside, written = _details(counts, INPUT_DETAILS), _details(counts, ("cache_creation",))
    read = _first(counts, CACHE_READ)[1] or _first(inside, CACHE_READ)[1]
    put = _first(counts, CACHE_WRITE)[1] or _first(inside, CACHE_WRITE)[1]
    return read, put or sum(token_count(written.get(name)) for name in WRITTEN_FOR)


def _is_apart(counts: dict[str, Any], input_name: str) -> bool:
    """Whether cached tokens are counted beside the input, as Anthropic and Bedrock count them."""
    if _details(counts, INPUT_DETAILS):
        return False
    return any(counts.get(name) is not None for name in APART.get(input_name, ()))


def _first(counts: dict[str, Any], names: tuple[str, ...]) -> tuple[str, int]:
    """Return the first of these names that counts something, with its number; "" and 0 for none."""
    found = ((name, token_count(counts.get(name))) for name in names)
    return next((one for one in found if one[1]), ("", 0))


def _details(counts: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return next((counts[name] for name in names if isinstance(counts.get(name), dict)), {})

"""Prices of the list are compared with a second one, that of genai-prices."""

from decimal import Decimal

from workflows.gateway.price_list import find_model
from workflows.gateway.usage import Usage

# The other list's names of providers, where they differ from LiteLLM's.
PROVIDERS = {
    "bedrock": "aws",
    "fireworks_ai": "fireworks",
    "gemini": "google",
    "together_ai": "together",
    "vertex_ai": "google",
    "xai": "x-ai",
}
SAMPLE = Usage(uncached=1_000_000, answer=1_000_000)
# Tiers for long prompts begin above this, and both lists must be asked for the same one.
SHORT = 1_000
MICROS = 1_000_000


def price_problem(name: str) -> str:
    """Return why a model's price is doubtful, in a sentence; empty where both lists agree.

    A model that the second list lacks is not doubtful.
    """
    listed = find_model(name)
    if listed is None or listed.price is None:
        return f"the price of {name} is not known, so what it costs is not either"
    ours = Decimal(listed.price.rates(SHORT).cost(SAMPLE)) / MICROS / MICROS
    theirs = _second_opinion(name)
    if theirs is None or abs(ours - theirs) <= Decimal("0.01") * max(ours, theirs):
        return ""
    return (
        f"a million tokens in and out of {name} cost ${ours:,.2f} by LiteLLM's list, "
        f"${theirs:,.2f} by genai-prices"
    )


def _second_opinion(name: str) -> Decimal | None:
    """Return what a million tokens in and out cost in US dollars; None where it isn't listed."""
    from genai_prices import Usage as Counts  # lazy: an HTTP client comes with it
    from genai_prices import calc_price

    provider, slash, model = name.partition("/")
    if not slash:
        return None
    try:
        found = calc_price(
            Counts(input_tokens=SHORT, output_tokens=SHORT),
            model,
            provider_id=PROVIDERS.get(provider, provider),
        )
    except LookupError:
        return None
    return found.total_price * (MICROS // SHORT)

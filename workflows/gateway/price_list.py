"""LiteLLM's list of models with their prices and limits, read as a file.

Importing LiteLLM instead takes seconds and 190 MB, and the web shows prices too.
"""

import json
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from workflows.gateway.prices import FREE, Price, listed_price
from workflows.gateway.usage import token_count

FILE = "model_prices_and_context_window_backup.json"
MANY = 1_000_000  # tokens by which two prices are compared
# Kinds of models that answer with text.
MODES = {"chat", "responses", "completion"}


@dataclass(frozen=True, slots=True)
class ListedModel:
    """Model of the list. ``price`` is None where it isn't known, and a limit is 0 then."""

    name: str
    price: Price | None
    most_in: int = 0
    most_out: int = 0
    has_tools: bool = False
    has_schema: bool = False


OFFLINE = ListedModel("offline/extractive", FREE, has_schema=True)
PLANNER = ListedModel("offline/planner", FREE, has_tools=True, has_schema=True)


@lru_cache(maxsize=1024)
def find_model(name: str) -> ListedModel | None:
    """Return a model by the name we ask it by, such as ``openai/gpt-5``; None if it's not listed.

    The part before the first slash is the provider. LiteLLM knows it from some bare names too.
    """
    provider, slash, bare = name.partition("/")
    if provider == "offline":
        return PLANNER if name == PLANNER.name else OFFLINE
    entries = _entries()
    for key in (name, bare):
        listed = entries.get(key)
        # The list has most models under their bare names.
        if listed and (not slash or _is_of(provider, str(listed.get("litellm_provider")))):
            return _listed_model(key, listed)
    return None


def _is_of(provider: str, listed: str) -> bool:
    """Whether a provider of the list is the one that we call so: "vertex_ai-language-models"."""
    return listed == provider or listed.startswith((f"{provider}-", f"{provider}_"))


def price_of(asked: str, served: str) -> Price | None:
    """Return the dearer price of the model that was asked and the one that answered.

    ``served`` is the provider's own name for it, such as ``gpt-5-2025-08-07``; it may leave out a
    region that costs more. None where neither is listed.
    """
    provider, slash, _ = asked.partition("/")
    if slash and not served.startswith(f"{provider}/"):
        served = f"{provider}/{served}"
    known = [find_model(asked)]
    if slash or "/" not in served:  # a bare name's provider is not the server's to say
        known.append(find_model(served))
    prices = [one.price for one in known if one and one.price]
    return max(prices, key=lambda price: price.ceiling_micros(MANY, MANY), default=None)


def _listed_model(name: str, listed: dict[str, Any]) -> ListedModel:
    return ListedModel(
        name=name,
        price=listed_price(listed),
        most_in=token_count(listed.get("max_input_tokens") or listed.get("max_tokens")),
        most_out=token_count(listed.get("max_output_tokens") or listed.get("max_tokens")),
        has_tools=listed.get("supports_function_calling") is True,
        has_schema=listed.get("supports_response_schema") is True,
    )


@cache
def _entries() -> dict[str, dict[str, Any]]:
    """Return the entries of models that answer with text, by name; none without LiteLLM."""
    found = find_spec("litellm")
    if found is None or not found.submodule_search_locations:
        return {}
    folder = Path(next(iter(found.submodule_search_locations)))
    listed: dict[str, dict[str, Any]] = json.loads((folder / FILE).read_bytes())
    return {name: one for name, one in listed.items() if one.get("mode") in MODES}

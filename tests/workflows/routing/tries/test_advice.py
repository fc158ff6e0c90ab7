"""What failed is followed by what to do about it."""

import pytest

from workflows.exceptions.causes import Cause
from workflows.routing.tries.advice import advice_on

DOWN, SETUP, KEY = Cause.MODEL_DOWN, Cause.MODEL_SETUP, Cause.MODEL_KEY


@pytest.mark.parametrize(
    ("name", "cause", "kind", "problem", "missing", "said"),
    [
        (
            "ollama/llama3",
            SETUP,
            "refused",
            "localhost:11434 leads to an address inside, which is not called from here.",
            [],
            "add localhost:11434 to HANDRAIL_ALLOWED_PRIVATE_HOSTS",
        ),
        ("no/x", SETUP, "refused", "LLM Provider NOT provided.", [], "No provider is known"),
        ("a/x", KEY, "refused", "401", ["A_API_KEY"], "A_API_KEY is not set."),
        ("a/x", DOWN, "unavailable", "500", ["A", "B"], "A and B are not set."),
        ("vertex_ai/x", DOWN, "unavailable", "No module named 'google'", ["B"], "a package"),
        ("mistral/x", KEY, "refused", "401", [], "MISTRAL_API_KEY has a valid key"),
        ("bedrock/x", SETUP, "refused", "404", ["AWS_KEY"], "has a model of this name"),
        ("a/x", DOWN, "rate_limited", "429", ["A"], "the limits of the account"),
        ("a/x", DOWN, "timeout", "", [], "status page"),
        ("ollama_chat/x", DOWN, "timeout", "", [], "OLLAMA_API_BASE has its address"),
        ("openai/x", SETUP, "refused", "404", [], "has a model of this name"),
        ("a/x", Cause.MODEL_LIMIT, "refused", "413", [], "too little room"),
        ("a/x", Cause.MODEL_REFUSED, "refused", "policy", [], "Its filter"),
        ("a/x", Cause.MODEL_ANSWER, "refused", "<html>", [], "no web page"),
        ("a/x", Cause.CODE, "refused", "", [], ""),
    ],
)
def test_a_failure_has_its_advice(
    name: str, cause: Cause, kind: str, problem: str, missing: list[str], said: str
) -> None:
    found = advice_on(name, cause=cause, kind=kind, problem=problem, missing=missing)
    assert said in found
    assert bool(found) == bool(said)

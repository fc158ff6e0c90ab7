"""Advice on a try that failed: what to set, or where to look, for the provider's admins. Pure."""

import re
from collections.abc import Sequence

from tenants.text.sentences import joined_by_and
from workflows.exceptions.causes import Cause

# The variables with the address of a server, by the part of a name before its first slash.
ADDRESSES = {
    "openai": "OPENAI_BASE_URL",
    "ollama": "OLLAMA_API_BASE",
    "ollama_chat": "OLLAMA_API_BASE",
    "hosted_vllm": "HOSTED_VLLM_API_BASE",
    "llamafile": "LLAMAFILE_API_BASE",
    "lm_studio": "LM_STUDIO_API_BASE",
    "azure": "AZURE_API_BASE",
}
INSIDE = re.compile(r"(\S+) leads to an address inside")
UNKNOWN = "provider not provided"
PACKAGE = "No module named"
RESTART = "where the workers run, and start them again"

BY_CAUSE = {
    Cause.MODEL_LIMIT: "It has too little room even for a short question. Look at its settings.",
    Cause.MODEL_REFUSED: "Its filter refuses a harmless question. Look at the account's settings.",
    Cause.MODEL_ANSWER: "Look whether its address leads to a model server, and to no web page.",
}


def advice_on(
    name: str, *, cause: Cause, kind: str, problem: str, missing: Sequence[str] = ()
) -> str:
    """Return what to do about a failure, in a sentence or two; empty where nothing is known.

    ``cause`` and ``kind`` are those of the failed call, ``missing`` the environment variables that
    the model's provider needs and that are not set.
    """
    provider = name.partition("/")[0]
    if inside := INSIDE.search(problem):
        return f"If it is yours, add {inside[1]} to HANDRAIL_ALLOWED_PRIVATE_HOSTS {RESTART}."
    if UNKNOWN in problem.lower():
        return (
            "No provider is known by this name. Begin it with one that LiteLLM knows, as in "
            "anthropic/…, or with openai/ for any server that speaks OpenAI's protocol."
        )
    if PACKAGE in problem:
        return "LiteLLM needs a package for this provider that is not installed with the workers."
    if kind == "rate_limited":
        return "Wait and try it again, or look at the limits of the account."
    # Credentials may come from elsewhere, such as a role of the machine: then another cause counts.
    if missing and cause in (Cause.MODEL_KEY, Cause.MODEL_DOWN):
        them = joined_by_and(missing)
        verb = "is" if len(missing) == 1 else "are"
        return f"{them} {verb} not set. Set what the provider needs {RESTART}."
    if cause is Cause.MODEL_KEY:
        return _about_key(provider)
    if cause is Cause.MODEL_DOWN:
        return _about_address(provider)
    if cause is Cause.MODEL_SETUP:
        return (
            "Look whether the provider has a model of this name, and whether it takes what was "
            f"asked for. {_about_address(provider)}"
        )
    return BY_CAUSE.get(cause, "")


def _about_key(provider: str) -> str:
    return (
        f"Look whether {provider.upper()}_API_KEY has a valid key where the workers run, and "
        "whether the account has credit and may use this model."
    )


def _about_address(provider: str) -> str:
    if provider not in ADDRESSES:
        return "Look at the provider's status page, and try it again."
    return f"Look whether the server runs, and whether {ADDRESSES[provider]} has its address."

"""Causes of exceptions, a closed list, and the cause of an error or a failed call. Pure.

A sentence that says what went wrong is a ``CausedProblem``: it carries its cause to the exception.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any


class Responsible(StrEnum):
    """Party that can resolve a cause: staff of the provider, or a person of the client."""

    PROVIDER = "provider"
    CLIENT = "client"


class Cause(StrEnum):
    """Cause of an exception: why work could not go on."""

    HOST = "host"
    KEY_MISSING = "key_missing"
    KEY_REFUSED = "key_refused"
    CONNECTION = "connection"
    TOKEN_REFUSED = "token_refused"  # noqa: S105 - a cause
    TOOL = "tool"
    TOOL_CHANGED = "tool_changed"
    TOOL_ASKS = "tool_asks"
    FORM_CHANGED = "form_changed"
    SYSTEM_DOWN = "system_down"
    MAIL_OUT = "mail_out"
    SENDER = "sender"
    TEMPLATE = "template"
    WORKFLOW = "workflow"
    MODEL_DOWN = "model_down"
    MODEL_KEY = "model_key"
    MODEL_SETUP = "model_setup"
    MODEL_REFUSED = "model_refused"
    MODEL_LIMIT = "model_limit"
    MODEL_ANSWER = "model_answer"
    AGENT_LIMIT = "agent_limit"
    PROVIDER_BUDGET = "provider_budget"
    BUDGET = "budget"
    CODE = "code"
    STALLED = "stalled"
    DATA = "data"
    ADDRESS = "address"
    SAID_NO = "said_no"
    RULE = "rule"
    IN_DOUBT = "in_doubt"
    NOT_DECIDED = "not_decided"
    NO_EVENT = "no_event"
    PART_ENDED = "part_ended"


class CausePage(StrEnum):
    """Page on which a cause can be resolved."""

    SETTINGS = "settings"
    SECRETS = "secrets"
    TOOLS = "tools"
    SERVERS = "servers"
    CREDENTIALS = "credentials"
    WORKFLOW = "workflow"
    RUN = "run"
    BUDGETS = "budgets"


class CausedProblem(str):
    """Sentence that says what went wrong, with its cause.

    ``field`` names the field that was missing or does not fit. ``details`` are technical words,
    shown to staff alone.
    """

    cause: Cause
    field: str
    details: str

    def __new__(
        cls, said: str, cause: Cause, field: str = "", details: str = ""
    ) -> "CausedProblem":
        made = super().__new__(cls, said)
        made.cause, made.field, made.details = cause, field, details
        return made


def caused_problem(said: str, otherwise: Cause, text: str = "") -> CausedProblem:
    """Return a problem with the sentence's cause, or the cause ``otherwise`` where it has none.

    ``text`` is a longer sentence that takes the place of ``said``.
    """
    if isinstance(said, CausedProblem):
        return CausedProblem(text or said, said.cause, said.field, said.details)
    return CausedProblem(text or said, otherwise)


def problem_as_json(problem: CausedProblem) -> dict[str, str]:
    """Return a problem's cause, field and details as JSON, to be kept with a failed list item."""
    return {"cause": problem.cause.value, "field": problem.field, "details": problem.details}


def problem_from_json(text: str, row: Mapping[str, Any]) -> CausedProblem:
    """Return the problem ``text`` with the cause, field and details from ``problem_as_json``."""
    cause = Cause(row.get("cause", Cause.CODE))
    return CausedProblem(text, cause, row.get("field", ""), row.get("details", ""))


def of_code(code: str) -> Cause:
    """Return the cause of a DomainError's code; WORKFLOW for an unknown code."""
    # An unknown code means that the workflow asks for something that can't be done.
    return CODES.get(code, Cause.WORKFLOW)


def of_tool(kind: str) -> Cause:
    """Return the cause of a tool's failure from its kind, where the tool names no cause."""
    return Cause.SAID_NO if kind == "refused" else Cause.SYSTEM_DOWN


def model_cause(kind: str, status: int | None, said: str) -> Cause:
    """Return the cause of a model's failure from its kind, HTTP status and words."""
    if status in (401, 402, 403):
        return Cause.MODEL_KEY
    if status == 413 or any(words in said.lower() for words in TOO_LONG):
        return Cause.MODEL_LIMIT
    if kind != "refused":
        return Cause.MODEL_DOWN
    if status in (None, 404, 405):
        return Cause.MODEL_SETUP
    if 200 <= status < 300:
        return Cause.MODEL_ANSWER
    # A parameter or a schema that the model does not take gets the same status.
    is_policy = any(words in said.lower() for words in POLICIES)
    return Cause.MODEL_REFUSED if is_policy else Cause.MODEL_SETUP


# Words of a model server's answer to a request against its policy, and to one that is too long.
POLICIES = ("filter", "policy", "safety", "moderation", "guardrail", "harm")
TOO_LONG = ("context length", "context_length", "context window", "maximum context", "too many tok")

CODES = {
    "host_not_allowed": Cause.HOST,
    "inside_address": Cause.HOST,
    "bad_host": Cause.HOST,
    "no_secret": Cause.KEY_MISSING,
    "empty_secret": Cause.KEY_MISSING,
    "not_connected": Cause.CONNECTION,
    "other_address": Cause.TOOL,
    "bad_header": Cause.TOOL,
    "bad_url": Cause.TOOL,
    "bad_method": Cause.TOOL,
    "bad_done_if": Cause.TOOL,
    "bad_settings": Cause.TOOL,
    "no_tool": Cause.TOOL,
    "no_command": Cause.TOOL,
    "no_database": Cause.TOOL,
    "bad_sender": Cause.SENDER,
    "template": Cause.TEMPLATE,
    "template_limit": Cause.TEMPLATE,
    "bad_answer": Cause.MODEL_ANSWER,
    "missing_value": Cause.DATA,
    "bad_args": Cause.DATA,
    "no_body": Cause.DATA,
    "bad_subject": Cause.DATA,
    "empty": Cause.DATA,
    "unfit_input": Cause.DATA,
    "long_list": Cause.DATA,
    "bad_email": Cause.ADDRESS,
    "refused": Cause.RULE,
}

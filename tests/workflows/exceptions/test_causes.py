"""The cause of an error, of a failed call, and of a sentence."""

import pytest

from workflows.exceptions import causes
from workflows.exceptions.causes import Cause, CausedProblem


@pytest.mark.parametrize(
    ("kind", "status", "said", "cause"),
    [
        ("refused", 401, "no", Cause.MODEL_KEY),
        ("refused", 403, "no", Cause.MODEL_KEY),
        ("refused", 404, "no such model", Cause.MODEL_SETUP),
        ("refused", None, "leads to an address inside", Cause.MODEL_SETUP),
        ("refused", 400, "maximum context length is 4096", Cause.MODEL_LIMIT),
        ("refused", 413, "", Cause.MODEL_LIMIT),
        ("refused", 400, "Unsupported parameter: 'max_tokens'", Cause.MODEL_SETUP),
        ("refused", 400, "blocked by our content policy", Cause.MODEL_REFUSED),
        ("refused", 200, "no completion", Cause.MODEL_ANSWER),
        ("unavailable", 503, "", Cause.MODEL_DOWN),
        ("rate_limited", 429, "", Cause.MODEL_DOWN),
        ("timeout", None, "", Cause.MODEL_DOWN),
    ],
)
def test_a_models_failure_has_a_cause(kind: str, status: int, said: str, cause: Cause) -> None:
    assert causes.model_cause(kind, status, said) is cause


def test_a_sentence_keeps_its_cause_inside_a_longer_one() -> None:
    inner = CausedProblem("The host is not allowed.", Cause.HOST, "url", "technical")
    outer = causes.caused_problem(inner, Cause.RULE, f"Refund was refused. {inner}")
    assert (outer, outer.cause, outer.field, outer.details) == (
        "Refund was refused. The host is not allowed.",
        Cause.HOST,
        "url",
        "technical",
    )
    assert causes.caused_problem("A plain sentence.", Cause.RULE).cause is Cause.RULE


@pytest.mark.parametrize(
    ("code", "cause"),
    [
        ("host_not_allowed", Cause.HOST),
        ("no_secret", Cause.KEY_MISSING),
        ("template_limit", Cause.TEMPLATE),
        ("bad_email", Cause.ADDRESS),
        ("of another release", Cause.WORKFLOW),
        ("", Cause.WORKFLOW),
    ],
)
def test_an_error_has_the_cause_of_its_code(code: str, cause: Cause) -> None:
    assert causes.of_code(code) is cause


def test_a_tool_that_refused_said_no_and_any_other_failure_is_of_its_system() -> None:
    kinds = ("refused", "timeout", "rate_limited", "unavailable", "")
    assert [causes.of_tool(kind) for kind in kinds] == [Cause.SAID_NO, *[Cause.SYSTEM_DOWN] * 4]


@pytest.mark.parametrize(
    ("status", "cause"),
    [
        (199, Cause.MODEL_SETUP),
        (200, Cause.MODEL_ANSWER),
        (299, Cause.MODEL_ANSWER),
        (300, Cause.MODEL_SETUP),
        (402, Cause.MODEL_KEY),
        (405, Cause.MODEL_SETUP),
    ],
)
def test_a_model_that_refused_has_a_cause_by_its_status(status: int, cause: Cause) -> None:
    assert causes.model_cause("refused", status, "no") is cause


def test_a_key_that_is_not_accepted_counts_before_any_words() -> None:
    assert causes.model_cause("refused", 401, "maximum context length") is Cause.MODEL_KEY
    assert causes.model_cause("unavailable", 500, "Maximum Context length") is Cause.MODEL_LIMIT


def test_a_problem_is_kept_with_a_failed_item_and_read_again() -> None:
    problem = CausedProblem("It said no.", Cause.SAID_NO, "order", "422")
    row = causes.problem_as_json(problem)
    assert row == {"cause": "said_no", "field": "order", "details": "422"}
    again = causes.problem_from_json("It said no.", row)
    assert (again, again.cause, again.field, again.details) == (
        "It said no.",
        Cause.SAID_NO,
        "order",
        "422",
    )


def test_a_row_without_a_cause_is_of_the_software() -> None:
    assert causes.problem_from_json("It broke.", {}).cause is Cause.CODE

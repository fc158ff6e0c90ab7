"""A model asked over chat completions: what is used, what is tried again, and what is said."""

import pytest

from tests.fakes.raw import Raw
from tests.lanes import Lane
from tests.workflows.gateway.answers_kit import CUT, FIT, GOOD, PART, answer, run


@pytest.mark.parametrize("given", [*FIT, answer([PART])], ids=range(6))
def test_an_answer_that_is_there_is_used_and_paid_once(lane: Lane, given: Raw) -> None:
    (call,) = run(lane, given)
    assert (call.status, lane.steps()["reply"]) == ("done", "done")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (answer(CUT, finish="length"), "cut at max_tokens (1,200)"),
        (answer("", finish="length"), "cut at max_tokens (1,200)"),
        (answer(None, finish="content_filter"), "content filter"),
        (answer(None, refusal="I can't help with that."), "The model refused: I can't help"),
        (answer([{"type": "refusal", "refusal": "I won't."}]), "The model refused: I won't."),
        (answer(None), "answer is empty"),
    ],
    ids=range(6),
)
def test_an_answer_that_can_not_be_used_is_said_and_kept_with_what_it_cost(
    lane: Lane, given: Raw, said: str
) -> None:
    (call,) = run(lane, given)
    assert said in lane.note("reply")
    assert said in lane.exception().draft["problem"]
    assert call.response is not None
    assert (call.status, call.tokens_in, call.tokens_out) == ("done", 10, 5)


def test_an_answer_that_does_not_fit_is_paid_each_time(lane: Lane) -> None:
    calls = run(lane, answer('{"text": "x", "score": 1e999}'))
    assert "holds 1e999" in lane.note("reply")
    # It is asked for once more, and told why.
    assert [(call.status, call.tokens_in, call.tokens_out) for call in calls] == [
        ("done", 10, 5),
        ("done", 10, 5),
    ]


def test_no_count_is_too_large_for_the_journal_of_a_failure(lane: Lane) -> None:
    body = b'{"choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 0}}'
    (call,) = run(lane, Raw(body=body))
    assert (call.tokens_in, "answer is empty" in call.problem) == (7, True)


def test_an_error_under_200_is_tried_again_only_where_that_may_help(lane: Lane) -> None:
    body = b'{"error": {"message": "Rate limit exceeded: free-models-per-day", "code": 429}}'
    assert len(run(lane, Raw(body=body))) == 3
    assert "Rate limit exceeded" in lane.note("reply")


def test_an_error_under_200_that_will_not_pass_is_asked_for_once(lane: Lane) -> None:
    (call,) = run(lane, Raw(body=b'{"error": {"message": "No such model"}}'))
    assert call.problem == "The model's server answered with an error: No such model"


def test_an_error_is_told_in_the_words_of_the_server(lane: Lane) -> None:
    body = b'{"error": {"message": "The context length is 8192 tokens.", "code": "length"}}'
    (call,) = run(lane, Raw(400, body))
    assert call.problem == "The model answered 400: The context length is 8192 tokens."


def test_an_answer_that_breaks_off_is_asked_for_again(lane: Lane) -> None:
    whole = answer(GOOD).body
    calls = run(lane, Raw(body=whole, says=len(whole) + 9), answer(GOOD))  # type: ignore[arg-type]
    assert [call.status for call in calls] == ["failed", "done"]

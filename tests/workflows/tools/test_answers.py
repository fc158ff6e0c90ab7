"""What is read out of an answer, and what its status means. The round trips are in test_http."""

from typing import Any

import pytest

from workflows.exceptions.causes import Cause
from workflows.tools import ToolFailed, ToolInDoubt, ToolRequest
from workflows.tools.answers import answer_result, body_without_credentials, failure_of, says_done
from workflows.tools.egress import HttpAnswer


def request(**more: Any) -> ToolRequest:
    return ToolRequest("http", {}, {}, "key", **more)


def answer(status: int, body: bytes = b"", **more: Any) -> HttpAnswer:
    return HttpAnswer(status, "application/json", body, **more)


def test_a_body_repeats_no_credential() -> None:
    given = answer(200, b'{"a": ["the-secret-1", {"the-secret-1": 1}]}')
    assert body_without_credentials(given, ["the-secret-1"]) == {
        "a": ["[a credential]", {"[a credential]": 1}]
    }
    assert body_without_credentials(given, [])["a"][0] == "the-secret-1"


@pytest.mark.parametrize(
    ("status", "acts", "done"),
    [(200, True, True), (299, False, True), (303, True, True), (303, False, False), (302, True, 0)],
)
def test_what_a_status_says(status: int, acts: bool, done: bool) -> None:
    assert says_done(request(acts=acts), answer(status)) == bool(done)


def test_what_is_lost_of_an_answer_is_kept_with_it() -> None:
    assert answer_result(answer(200), "a") == {"status": 200, "body": "a"}
    assert answer_result(answer(200, lost="Cut off."), "a")["lost"] == "Cut off."


@pytest.mark.parametrize(
    ("status", "more", "kind", "retryable"),
    [
        (429, {}, ToolFailed, True),
        (409, {"takes_key": True}, ToolFailed, True),
        (409, {}, ToolFailed, False),
        (408, {"acts": False}, ToolFailed, True),
        (503, {}, ToolInDoubt, None),
        (302, {}, ToolInDoubt, None),
        (302, {"acts": False}, ToolFailed, False),
        (404, {}, ToolFailed, False),
        (500, {"takes_key": True}, ToolInDoubt, None),
    ],
)
def test_what_a_failure_means(status: int, more: Any, kind: type, retryable: bool | None) -> None:
    found = failure_of(request(**more), answer(status), {"error": "No such order"}, [])
    assert type(found) is kind
    assert getattr(found, "retryable", None) == retryable
    assert status in range(300, 400) or "No such order" in str(found)


def test_a_refused_key_has_its_cause_and_a_redirect_repeats_no_credential() -> None:
    refused = failure_of(request(), answer(401), "", [])
    assert refused.cause is Cause.KEY_REFUSED
    moved = answer(302, leads_to="https://a.example/?key=the-secret-1")
    assert "the-secret-1" not in str(failure_of(request(), moved, "", ["the-secret-1"]))

"""Completions: what of an answer is kept, and why one can't be used."""

import pytest

from workflows.gateway.answers import Reading
from workflows.gateway.completion import (
    EMPTY,
    FILTERED,
    Completion,
    ModelFailed,
    assistant_message,
    completion_of,
    completion_problem,
    cut_reason,
    is_transient_status,
    journal_text,
    tool_message,
)
from workflows.gateway.prices import FREE, Price, flat_price
from workflows.gateway.tool_calls import ToolCall
from workflows.gateway.usage import Usage

CUT = (
    "The model's answer was cut at max_tokens (1,200). Raise max_tokens in the step, or ask "
    "for less."
)


@pytest.mark.parametrize(
    ("status", "may_pass"),
    [
        (None, True),
        (400, False),
        (401, False),
        (404, False),
        (408, True),
        (409, True),
        (410, False),
        (424, False),
        (425, True),
        (428, False),
        (429, True),
        (499, False),
        (500, True),
        (503, True),
    ],
)
def test_an_error_may_pass_where_the_server_is_busy_or_broken(
    status: int | None, may_pass: bool
) -> None:
    assert is_transient_status(status) is may_pass


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Grüße 日本 🙂", "Grüße 日本 🙂"),
        ("a\x00b", "a\ufffdb"),
        ("a\ud83d", "a?"),
    ],
)
def test_a_text_is_kept_without_what_the_journal_can_not_hold(text: str, kept: str) -> None:
    assert journal_text(text) == kept


@pytest.mark.parametrize(
    ("text", "finish", "refusal", "said"),
    [
        ("Dear Mia.", "", "", ""),
        ("Dear Mia.", "length", "", ""),  # it may be whole all the same
        ("Dear Mia.", "content_filter", "", FILTERED),
        ("", "", "", EMPTY),
        (" \n", "", "", EMPTY),
        ("", "length", "", CUT),
        ("", "content_filter", "", FILTERED),
        ("", "other", "", EMPTY),
        ("Dear Mia.", "", "I won't.", "The model refused: I won't."),
    ],
)
def test_an_answer_that_can_not_be_used_says_why(
    text: str, finish: str, refusal: str, said: str
) -> None:
    done = Completion(text, "m", finish=finish, refusal=refusal)
    assert completion_problem(done, 1200) == said


def test_an_answer_is_cut_by_its_length_or_by_a_filter_and_by_nothing_else() -> None:
    found = [cut_reason(finish, 1200) for finish in ("length", "content_filter", "stop", "")]
    assert found == [CUT, FILTERED, "", ""]


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ModelFailed("x", retryable=True), "unavailable"),
        (ModelFailed("x", retryable=False), "refused"),
        (ModelFailed("x", retryable=True, kind="timeout"), "timeout"),
    ],
)
def test_a_failure_without_a_kind_has_that_of_whether_it_may_pass(
    error: ModelFailed, kind: str
) -> None:
    assert error.kind == kind


def test_a_reading_becomes_a_completion_under_the_models_own_name_or_the_one_asked() -> None:
    usage = Usage(uncached=1, answer=2)
    reading = Reading(text="a\x00", model="", usage=usage, finish="length")
    found = completion_of(reading, "asked", flat_price(1e-06, 1e-06))
    assert found == Completion("a\ufffd", "asked", usage, 3, finish="length")
    named = Reading(text="a", model="own-2026")
    assert completion_of(named, "asked", None).model == "own-2026"


@pytest.mark.parametrize(
    ("text", "usage", "price", "cost"),
    [
        ("a", Usage(uncached=1, answer=1), flat_price(1e-06, 1e-06), 2),
        ("a", Usage(uncached=1, answer=1), FREE, 0),
        ("a", Usage(uncached=1, answer=1), None, None),
        ("a", Usage(), flat_price(1e-06, 1e-06), None),
        ("a", Usage(), FREE, None),
        ("a", Usage(uncached=1), flat_price(1e-06, 1e-06), None),
        ("", Usage(uncached=1), flat_price(1e-06, 1e-06), 1),
    ],
)
def test_the_cost_is_known_only_with_a_price_and_the_providers_counts(
    text: str, usage: Usage, price: Price | None, cost: int | None
) -> None:
    assert completion_of(Reading(text, usage=usage), "asked", price).cost_micros == cost


@pytest.mark.parametrize(
    ("finish", "said"), [("", ""), ("length", CUT), ("content_filter", FILTERED)]
)
def test_calls_without_a_text_are_an_answer_unless_they_were_cut(finish: str, said: str) -> None:
    done = Completion("", "m", finish=finish, tool_calls=(ToolCall("1", "look_up"),))
    assert completion_problem(done, 1200) == said
    assert not done.is_empty


def test_calls_alone_cost_what_is_not_known_where_they_are_not_counted() -> None:
    reading = Reading("", usage=Usage(uncached=1), tool_calls=(ToolCall("1", "look_up"),))
    assert completion_of(reading, "asked", FREE).cost_micros is None


def test_calls_get_their_tools_own_names_and_ids_that_no_call_before_has() -> None:
    before = {"role": "assistant", "tool_calls": [{"id": "c1", "function": {"name": "x"}}]}
    request = {"messages": [before], "tools": [{"name": "shop.refund"}]}
    calls = (ToolCall("c1", "shop_refund"), ToolCall("c2", "gues\x00s"))
    found = completion_of(Reading("", tool_calls=calls), "asked", None, request).tool_calls
    assert [(call.id, call.name) for call in found] == [
        ("call00000", "shop.refund"),
        ("c2", "gues\ufffds"),
    ]


def test_a_completion_and_its_results_become_messages() -> None:
    call = ToolCall("c1", "look_up", {"q": "Ä"})
    broken = ToolCall("c2", "look_up", problem="The arguments are no JSON object.")
    assert assistant_message(Completion("", "m", tool_calls=(call, broken))) == {
        "role": "assistant",
        "content": None,
        "tool_calls": [
            {
                "id": "c1",
                "type": "function",
                "function": {"name": "look_up", "arguments": '{"q": "Ä"}'},
            },
            {"id": "c2", "type": "function", "function": {"name": "look_up", "arguments": "{}"}},
        ],
    }
    assert assistant_message(Completion("Hi", "m")) == {"role": "assistant", "content": "Hi"}
    assert tool_message(call, "3") == {"role": "tool", "tool_call_id": "c1", "content": "3"}

"""The address of the queue: what it means, what is kept of it, and how it is written."""

import pytest

from portal.review.queue.params import (
    APART,
    EXCEPTIONS,
    WORDS,
    QueueParams,
    query,
    saved_params,
    view_of,
)
from tenants.errors import Invalid

FULL = {"who": "team", "group": "customer", "workflow": "refunds", "due": "today", "q": " mia "}


def test_what_a_row_says_that_nobody_knows_any_more_is_left_out() -> None:
    view = view_of({"group": "colour", "due": "never", "who": "them"}, "all", decides=True)
    assert (view.group, view.due, view.scope) == ("", "", "mine")


def test_an_address_says_what_is_shown() -> None:
    assert view_of(FULL | {"after": "1_0"}, "drafts", decides=True) == QueueParams(
        "drafts", "team", "customer", "refunds", "today", "mia", "1_0"
    )
    assert view_of({}, "all", decides=True) == QueueParams("all", "mine")


@pytest.mark.parametrize("tab", [EXCEPTIONS, *APART])
def test_a_tab_of_its_own_has_neither_groups_nor_filters(tab: str) -> None:
    assert view_of(FULL, tab, decides=True) == QueueParams(tab, "team", words="mia")


def test_whoever_decides_nothing_sees_everyones() -> None:
    assert view_of(FULL, "all", decides=False).scope == "everyone"


@pytest.mark.parametrize(
    ("typed", "words"),
    [("  ", ""), ("a\x00b", "ab"), ("x" * WORDS, "x" * WORDS), ("x" * (WORDS + 1), "x" * WORDS)],
)
def test_words_are_cut_and_never_refused(typed: str, words: str) -> None:
    assert view_of({"q": typed}, "all", decides=True).words == words


@pytest.mark.parametrize(
    ("given", "is_filtered"),
    [
        ({}, False),
        ({"q": "mia"}, False),
        ({"who": "team", "group": "customer"}, False),
        ({"workflow": "refunds"}, True),
        ({"due": "today"}, True),
    ],
)
def test_a_list_is_filtered_by_workflow_or_deadline(
    given: dict[str, str], is_filtered: bool
) -> None:
    assert view_of(given, "all", decides=True).is_filtered is is_filtered


def test_a_saved_filter_keeps_what_is_known_and_not_the_usual() -> None:
    usual = {"kind": "all", "who": "mine", "q": " ", "after": "1_0", "next": "https://e.example"}
    assert saved_params(usual) == {}
    assert saved_params(FULL | {"kind": "drafts"}) == {"kind": "drafts", **FULL, "q": "mia"}


@pytest.mark.parametrize(
    "given",
    [
        {"kind": "decided"},
        {"who": "them"},
        {"group": "colour"},
        {"due": "never"},
        {"workflow": "x" * (WORDS + 1)},
        {"q": "a\x00b"},
    ],
)
def test_a_saved_filter_refuses_what_the_queue_does_not_know(given: dict[str, str]) -> None:
    with pytest.raises(Invalid, match="can't be kept as a filter"):
        saved_params(given)


def test_one_list_has_one_address_whatever_the_order() -> None:
    forwards = {"kind": "drafts", "who": "team", "after": "1_0"}
    backwards = dict(reversed(forwards.items()))
    assert query(forwards) == query(backwards) == "?kind=drafts&who=team&after=1_0"


def test_a_changed_address_leaves_out_what_is_empty() -> None:
    assert query({"kind": "drafts", "q": "a b&c"}, kind="", edit="1") == "?q=a+b%26c&edit=1"
    assert query({"kind": "drafts"}, kind="") == ""

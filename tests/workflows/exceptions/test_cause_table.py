"""The closed list of causes: whose each is, and what its words may and may not hold."""

import re

import pytest

from workflows.exceptions import causes
from workflows.exceptions.cause_table import WORDS
from workflows.exceptions.cause_words import effect_sentence, exception_title, responsible_for
from workflows.exceptions.causes import Cause, CausedProblem, Responsible
from workflows.exceptions.draft import ExceptionDraft

# What no person of a client can do anything with.
TECHNICAL = re.compile(
    r"\b\w+(Error|Exception)\b|Traceback|\bSELECT\b|\bJSON\b|\bHTTP\b|\bhost\b|\bsecret\b|"
    r"\btemplate\b|\bmax_tokens\b|\bschema\b|[{}<>_]"
)
PROVIDERS = {
    *(
        "host",
        "key_missing",
        "key_refused",
        "connection",
        "token_refused",
        "tool",
        "tool_changed",
        "system_down",
        "mail_out",
        "sender",
    ),
    *("template", "workflow", "code", "stalled"),
    *(
        "agent_limit",
        "provider_budget",
        "model_down",
        "model_key",
        "model_setup",
        "model_refused",
        "model_limit",
        "model_answer",
    ),
}


@pytest.mark.parametrize("cause", Cause)
def test_every_cause_says_plainly_what_it_means_for_the_work(cause: Cause) -> None:
    words = WORDS[cause]
    for text in (words.means, words.meanwhile, effect_sentence(cause)):
        assert text.endswith(".")
        assert len(text) > 20
    for text in (words.short, words.means, words.meanwhile, effect_sentence(cause)):
        assert not TECHNICAL.search(text), text
    assert not words.short.endswith(".")
    assert len(words.short) < 70  # a row of the queue


@pytest.mark.parametrize("cause", Cause)
def test_every_cause_tells_whoever_mends_it_what_happened_and_what_to_do(cause: Cause) -> None:
    words = WORDS[cause]
    assert words.happened.endswith(".")
    assert words.mend.endswith(".")
    assert words.page
    assert (words.responsible is Responsible.PROVIDER) == (cause.value in PROVIDERS)


def test_nothing_that_is_the_providers_shows_the_words_of_the_single_case() -> None:
    """Those may name hosts, settings and models."""
    assert not [
        c for c, words in WORDS.items() if words.tells and words.responsible is Responsible.PROVIDER
    ]


def test_the_list_is_closed() -> None:
    assert set(WORDS) == set(Cause)
    assert set(causes.CODES.values()) <= set(Cause)


def test_the_title_tells_the_case_only_where_it_is_the_clients() -> None:
    assert exception_title(
        "Refunds", CausedProblem("shop.example is not allowed.", Cause.HOST)
    ) == ("Refunds: the address of a system it uses is not allowed yet")
    assert exception_title("Refunds", CausedProblem("It refused with 422.", Cause.SAID_NO)) == (
        "Refunds: It refused with 422."
    )


def test_an_exception_from_before_there_were_causes_is_the_clients() -> None:
    assert responsible_for(ExceptionDraft.read({"problem": "It broke."})) is Responsible.CLIENT
    assert ExceptionDraft.read({"cause": "of another release"}).cause is None


def test_what_was_handed_to_a_person_of_the_client_is_the_clients() -> None:
    raised = ExceptionDraft("", Cause.HOST, "send")
    handed = raised.handed_to("Ana", "1", by="Ola", note="")
    assert responsible_for(raised) is Responsible.PROVIDER
    assert responsible_for(handed) is Responsible.CLIENT

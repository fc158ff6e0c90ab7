"""The ladder says what DESIGN section 6 says, and refuses what it doesn't know."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.rules.ladder import (
    ORDER,
    Effect,
    Kind,
    LadderInput,
    Outcome,
    Rung,
    tightest,
    verdict_of,
)

# The table as the client was shown it, written out by hand.
SHOWN = {
    "never_execute": ("refuse", "refuse", "refuse", "refuse"),
    "read_only": ("allow", "refuse", "refuse", "refuse"),
    "draft_only": ("allow", "hold", "refuse", "refuse"),
    "recommend_and_route": ("allow", "hold", "allow", "refuse"),
    "execute_with_approval": ("allow", "hold", "allow", "permit"),
}
EFFECTS = ("read", "draft", "route", "write")
KINDS = ("send", "publish", "purchase", "refund", "reprice", "delete", "edit", "commit")

# What may happen without more ado: the order in which an answer gets tighter.
FREEDOM = {Outcome.REFUSE: 0, Outcome.PERMIT: 1, Outcome.HOLD: 1, Outcome.ALLOW: 2}

rungs = st.sampled_from([r.value for r in Rung])
any_rung = st.one_of(rungs, st.text(max_size=12))
any_effect = st.one_of(st.sampled_from(EFFECTS), st.text(max_size=8))
any_kind = st.one_of(st.none(), st.sampled_from(KINDS), st.text(max_size=8))
sentences = st.lists(st.text(min_size=1, max_size=20), max_size=3).map(tuple)


def kinds_for(effect: str) -> tuple[str | None, ...]:
    return KINDS if effect == "write" else (None,)


def test_the_words_are_the_ones_the_client_was_shown() -> None:
    assert {r.value for r in Rung} == SHOWN.keys()
    assert tuple(e.value for e in Effect) == EFFECTS
    assert tuple(k.value for k in Kind) == KINDS


@pytest.mark.parametrize(
    ("rung", "effect", "kind", "stopped", "never"),
    [
        (rung, effect, kind, stopped, never)
        for rung, effect in product(SHOWN, EFFECTS)
        for kind in kinds_for(effect)
        for stopped, never in product((False, True), repeat=2)
    ],
)
def test_every_rung_effect_kind_switch_and_rule(
    rung: str, effect: str, kind: str | None, stopped: bool, never: bool
) -> None:
    standing = LadderInput(
        rungs=(rung,),
        stopped=("The client has stopped everything.",) if stopped else (),
        never=("Never refund.",) if never else (),
    )
    verdict = verdict_of(effect, kind, standing)
    shown = SHOWN[rung][EFFECTS.index(effect)]
    assert verdict.outcome == ("refuse" if stopped or never else shown)
    assert verdict.why


@pytest.mark.parametrize(
    ("effect", "kind"),
    [
        ("", None),
        ("READ", None),
        ("execute", None),
        ("write", None),
        ("write", ""),
        ("write", "transfer"),
        ("write", "REFUND"),
        ("read", "refund"),
        ("draft", "send"),
        ("route", ""),
    ],
)
def test_what_is_not_known_is_refused(effect: str, kind: str | None) -> None:
    assert verdict_of(effect, kind, LadderInput(("execute_with_approval",))).outcome == "refuse"


@pytest.mark.parametrize("rungs_given", [(), ("",), ("top",), ("execute_with_approval", "??")])
def test_an_unknown_rung_or_none_is_never_execute(rungs_given: tuple[str, ...]) -> None:
    assert tightest(rungs_given) is Rung.NEVER_EXECUTE
    for effect in EFFECTS:
        for kind in kinds_for(effect):
            assert verdict_of(effect, kind, LadderInput(rungs_given)).outcome == "refuse"


@given(st.lists(rungs, min_size=1, max_size=5))
def test_the_tightest_rung_counts_wherever_it_stands(found: list[str]) -> None:
    lowest = min(found, key=[r.value for r in ORDER].index)
    assert tightest(found) == lowest
    assert tightest(reversed(found)) == lowest


@given(any_effect, any_kind, st.lists(any_rung, max_size=4), any_rung, st.integers(0, 4))
def test_another_rung_never_loosens(
    effect: str, kind: str | None, before: list[str], added: str, where: int
) -> None:
    after = [*before[:where], added, *before[where:]]
    if not before:
        return  # no rung at all is refused; the first one is not an addition
    first = verdict_of(effect, kind, LadderInput(tuple(before))).outcome
    second = verdict_of(effect, kind, LadderInput(tuple(after))).outcome
    assert FREEDOM[second] <= FREEDOM[first]
    assert second in (first, Outcome.REFUSE) or first is Outcome.PERMIT


@given(any_effect, any_kind, st.lists(any_rung, max_size=4), sentences, sentences)
def test_a_rule_or_a_switch_always_wins(
    effect: str,
    kind: str | None,
    standing_on: list[str],
    stopped: tuple[str, ...],
    never: tuple[str, ...],
) -> None:
    verdict = verdict_of(effect, kind, LadderInput(tuple(standing_on), stopped, never))
    if stopped or never:
        assert verdict.outcome is Outcome.REFUSE
        assert verdict.why == (*stopped, *never)[0]


@given(any_effect, any_kind, st.lists(any_rung, max_size=4))
def test_a_write_is_never_simply_allowed(
    effect: str, kind: str | None, standing_on: list[str]
) -> None:
    outcome = verdict_of(effect, kind, LadderInput(tuple(standing_on))).outcome
    if effect == "write":
        assert outcome in (Outcome.PERMIT, Outcome.REFUSE)
    if outcome is Outcome.PERMIT:
        assert effect == "write"
        assert set(standing_on) == {"execute_with_approval"}


@pytest.mark.parametrize(
    ("rung", "effect", "kind", "why"),
    [
        ("read_only", "read", None, "On the rung “read only” a read is allowed."),
        ("read_only", "draft", None, "On the rung “read only” a draft is refused."),
        ("draft_only", "draft", None, "On the rung “draft only” a person looks at every draft."),
        ("draft_only", "write", "send", "On the rung “draft only” a write is refused."),
        (
            "execute_with_approval",
            "write",
            "refund",
            "On the rung “execute with approval” a person must approve this first.",
        ),
        ("read_only", "execute", None, "Nobody has said what “execute” may do."),
        ("read_only", "write", "transfer", "Nobody has said what kind of write “transfer” is."),
        ("read_only", "write", None, "Nobody has said what kind of write “None” is."),
        ("read_only", "read", "send", "Nobody has said what kind of write “send” is."),
    ],
)
def test_a_verdict_says_why(rung: str, effect: str, kind: str | None, why: str) -> None:
    assert verdict_of(effect, kind, LadderInput((rung,))).why == why


def test_a_switch_is_told_before_a_rule_and_both_before_what_is_unknown() -> None:
    facts = LadderInput((), ("All work has stopped.", "The workflow is paused."), ("Never send.",))
    assert verdict_of("odd", "odd", facts).why == "All work has stopped."
    assert verdict_of("odd", "odd", LadderInput((), (), ("Never send.",))).why == "Never send."

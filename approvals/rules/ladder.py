"""The permission ladder is a pure function that refuses every effect and kind it doesn't know."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum


class Rung(StrEnum):
    """A rung of the ladder: how far a workflow may go, tightest first."""

    NEVER_EXECUTE = "never_execute"
    READ_ONLY = "read_only"
    DRAFT_ONLY = "draft_only"
    RECOMMEND_AND_ROUTE = "recommend_and_route"
    EXECUTE_WITH_APPROVAL = "execute_with_approval"


class Effect(StrEnum):
    """The effect of a tool or step on the world."""

    READ = "read"
    DRAFT = "draft"
    ROUTE = "route"
    WRITE = "write"


class Kind(StrEnum):
    """The kind of a write."""

    SEND = "send"
    PUBLISH = "publish"
    PURCHASE = "purchase"
    REFUND = "refund"
    REPRICE = "reprice"
    DELETE = "delete"
    EDIT = "edit"
    COMMIT = "commit"


class Outcome(StrEnum):
    """The outcome of a verdict: allowed, held for a person, needs a permit, or refused."""

    ALLOW = "allow"
    HOLD = "hold"
    PERMIT = "permit"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Verdict:
    """An outcome and the sentence that explains it to a client."""

    outcome: Outcome
    why: str


@dataclass(frozen=True, slots=True)
class LadderInput:
    """The facts about a piece of work that the ladder needs.

    ``rungs`` go from the provider to the action, outermost first. ``stopped`` and ``never`` hold
    sentences: which stop switch is on, which never-rules match.
    """

    rungs: tuple[str, ...]
    stopped: tuple[str, ...] = ()
    never: tuple[str, ...] = field(default=())


ORDER = list(Rung)  # tightest first, as the enum defines them

TABLE: dict[Rung, dict[Effect, Outcome]] = {
    Rung.NEVER_EXECUTE: dict.fromkeys(Effect, Outcome.REFUSE),
    Rung.READ_ONLY: {
        Effect.READ: Outcome.ALLOW,
        Effect.DRAFT: Outcome.REFUSE,
        Effect.ROUTE: Outcome.REFUSE,
        Effect.WRITE: Outcome.REFUSE,
    },
    Rung.DRAFT_ONLY: {
        Effect.READ: Outcome.ALLOW,
        Effect.DRAFT: Outcome.HOLD,
        Effect.ROUTE: Outcome.REFUSE,
        Effect.WRITE: Outcome.REFUSE,
    },
    Rung.RECOMMEND_AND_ROUTE: {
        Effect.READ: Outcome.ALLOW,
        Effect.DRAFT: Outcome.HOLD,
        Effect.ROUTE: Outcome.ALLOW,
        Effect.WRITE: Outcome.REFUSE,
    },
    Rung.EXECUTE_WITH_APPROVAL: {
        Effect.READ: Outcome.ALLOW,
        Effect.DRAFT: Outcome.HOLD,
        Effect.ROUTE: Outcome.ALLOW,
        Effect.WRITE: Outcome.PERMIT,
    },
}


def tightest(rungs: Iterable[str]) -> Rung:
    """Return the lowest of the rungs; never_execute for an unknown rung or none at all.

    Rungs inherit by tightening only, so a lower level can take away and never add.
    """
    known = [Rung(r) if r in Rung else Rung.NEVER_EXECUTE for r in rungs]
    return min(known, key=ORDER.index, default=Rung.NEVER_EXECUTE)


def verdict_of(effect: str, kind: str | None, facts: LadderInput) -> Verdict:
    """Return the verdict on one effect, and why. The default is refuse.

    A write needs a known kind; any other effect must have none.
    """
    for sentence in (*facts.stopped, *facts.never):
        return Verdict(Outcome.REFUSE, sentence)
    if effect not in Effect:
        return Verdict(Outcome.REFUSE, f"Nobody has said what “{effect}” may do.")
    is_write = effect == Effect.WRITE
    if (is_write and kind not in set(Kind)) or (not is_write and kind is not None):
        return Verdict(Outcome.REFUSE, f"Nobody has said what kind of write “{kind}” is.")
    rung = tightest(facts.rungs)
    outcome = TABLE[rung][Effect(effect)]
    return Verdict(outcome, _sentence(rung, Effect(effect), outcome))


def _sentence(rung: Rung, effect: Effect, outcome: Outcome) -> str:
    words = rung.replace("_", " ")
    match outcome:
        case Outcome.REFUSE:
            return f"On the rung “{words}” a {effect} is refused."
        case Outcome.HOLD:
            return f"On the rung “{words}” a person looks at every draft."
        case Outcome.PERMIT:
            return f"On the rung “{words}” a person must approve this first."
        case Outcome.ALLOW:
            return f"On the rung “{words}” a {effect} is allowed."

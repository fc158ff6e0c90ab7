"""Levels by which a model is chosen: need, difficulty, consequence and sensitivity. Pure."""

from enum import StrEnum

from approvals.rules.ladder import Effect, Kind


class Need(StrEnum):
    """Kind of work that a step needs a model for."""

    CLASSIFY = "classify"
    EXTRACT = "extract"
    WRITE = "write"
    PLAN = "plan"
    JUDGE = "judge"


class Difficulty(StrEnum):
    """How hard a call is by what was measured, easiest first."""

    EASY = "easy"
    USUAL = "usual"
    HARD = "hard"


class Consequence(StrEnum):
    """The heaviest effect of the steps after a call, lightest first."""

    NONE = "none"
    CHANGES = "changes"
    GOES_OUT = "goes_out"
    HEAVY = "heavy"


class Sensitivity(StrEnum):
    """The most sensitive data in a prompt, least first."""

    PUBLIC = "public"
    INTERNAL = "internal"
    PERSONAL = "personal"


class Strength(StrEnum):
    """How strong a model is held to be, weakest first."""

    QUICK = "quick"
    STANDARD = "standard"
    STRONG = "strong"


CONSEQUENCES = {
    **dict.fromkeys((Kind.EDIT, Kind.COMMIT), Consequence.CHANGES),
    **dict.fromkeys((Kind.SEND, Kind.PUBLISH), Consequence.GOES_OUT),
    **dict.fromkeys((Kind.REFUND, Kind.PURCHASE, Kind.REPRICE, Kind.DELETE), Consequence.HEAVY),
}


# Each level as what is said of a call: "a call that …", "because this …". The lowest say nothing.
PHRASES: dict[StrEnum, str] = {
    Need.CLASSIFY: "sorts",
    Need.EXTRACT: "picks facts out",
    Need.WRITE: "writes",
    Need.PLAN: "plans",
    Need.JUDGE: "judges",
    Difficulty.USUAL: "is not easy",
    Difficulty.HARD: "is hard",
    Consequence.CHANGES: "may change something",
    Consequence.GOES_OUT: "may send something out",
    Consequence.HEAVY: "may move money or do what can't be undone",
    Sensitivity.INTERNAL: "is sent the client's data",
    Sensitivity.PERSONAL: "is sent personal data",
}


def consequence_of(effect: str, kind: str | None) -> Consequence:
    """Return the consequence of a tool's effect; an unknown kind of write is the heaviest."""
    if effect != Effect.WRITE:
        return Consequence.NONE
    return CONSEQUENCES.get(kind, Consequence.HEAVY)  # type: ignore[call-overload,no-any-return]


def reaches[Level: StrEnum](level: Level, at_least: Level) -> bool:
    """Whether a level is this one or above it."""
    order = list(type(level))
    return order.index(level) >= order.index(at_least)


def highest[Level: StrEnum](levels: list[Level], otherwise: Level) -> Level:
    """Return the highest of these levels; ``otherwise`` where there is none."""
    order = list(type(otherwise))
    return max(levels, key=order.index, default=otherwise)

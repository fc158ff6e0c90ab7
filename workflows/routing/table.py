"""Routing table: deployments, and rows that say which of them are asked for what.

The first row that fits a call decides. Its deployments are tried in their order, so that each may
be the fallback of the one before.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints, ValidationError

from tenants.errors import Invalid
from workflows.definitions.strict import Strict
from workflows.gateway.price_list import ListedModel, find_model
from workflows.gateway.prices import Price, flat_price
from workflows.routing.levels import (
    PHRASES,
    Consequence,
    Difficulty,
    Need,
    Sensitivity,
    Strength,
    reaches,
)
from workflows.routing.signals import SignalLimits

MOST_DEPLOYMENTS, MOST_ROWS, MOST_USED = 40, 60, 6
NAME = r"^[A-Za-z0-9][A-Za-z0-9._:@+/-]+$"  # of a deployment
MILLION = 1_000_000


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("There are characters in it that can't be seen.")
    return text


Words = Annotated[str, StringConstraints(strip_whitespace=True), AfterValidator(_printable)]


class ModelDeployment(Strict):
    """Model that may be asked, under the name that LiteLLM knows it by."""

    name: str = Field(max_length=80, pattern=NAME)
    title: Words = Field(min_length=1, max_length=40)
    strength: Strength = Strength.STANDARD
    sees: Sensitivity = Sensitivity.PUBLIC
    """The most sensitive data that may be sent to it."""
    region: Words = Field(default="", max_length=20)
    keeps_days: int | None = Field(default=None, ge=0, le=3650, strict=True)
    """How long its provider keeps prompts; None where that isn't known."""
    price_in: Decimal | None = Field(default=None, ge=0, le=10_000, decimal_places=6)
    """US dollars a million tokens, where it isn't what the price list says."""
    price_out: Decimal | None = Field(default=None, ge=0, le=10_000, decimal_places=6)
    most_in: int = Field(default=0, ge=0, le=100_000_000, strict=True)
    """Tokens of the longest prompt; 0 for what the price list says."""
    calls_tools: bool | None = Field(default=None, strict=True)
    holds_schema: bool | None = Field(default=None, strict=True)
    """What it can do; None for what the price list says."""
    is_on: bool = True

    @property
    def listed(self) -> ListedModel | None:
        """The model in the price list; None where it isn't in it."""
        return find_model(self.name)

    @property
    def price(self) -> Price | None:
        """Its own price, else the listed one; None where neither is known."""
        if self.price_in is not None and self.price_out is not None:
            return flat_price(float(self.price_in) / MILLION, float(self.price_out) / MILLION)
        return self.listed.price if self.listed else None

    @property
    def longest_prompt(self) -> int:
        """Tokens of the longest prompt; 0 where that isn't known."""
        return self.most_in or (self.listed.most_in if self.listed else 0)

    @property
    def can_call_tools(self) -> bool | None:
        """Whether it can be given tools; None where that isn't known."""
        if self.calls_tools is not None:
            return self.calls_tools
        return self.listed.has_tools if self.listed else None

    @property
    def can_hold_schema(self) -> bool | None:
        """Whether its answers can be held to a JSON Schema; None where that isn't known."""
        if self.holds_schema is not None:
            return self.holds_schema
        return self.listed.has_schema if self.listed else None


class RoutingRow(Strict):
    """RoutingRow of the table. A level holds from itself upwards; None is any."""

    need: Need | None = None
    difficulty: Difficulty | None = None
    consequence: Consequence | None = None
    sensitivity: Sensitivity | None = None
    use: list[str] = Field(min_length=1, max_length=MOST_USED)
    """Names of deployments, the first choice first."""

    @property
    def is_for_all(self) -> bool:
        """Whether every call fits."""
        return not (self.need or self.difficulty or self.consequence or self.sensitivity)


class TableGiven(Strict):
    """Table as it is written and stored."""

    deployments: list[ModelDeployment] = Field(min_length=1, max_length=MOST_DEPLOYMENTS)
    rows: list[RoutingRow] = Field(min_length=1, max_length=MOST_ROWS)
    limits: SignalLimits = Field(default_factory=SignalLimits)


@dataclass(frozen=True, slots=True)
class CallCase:
    """Levels of a call, the tokens it needs room for, and whether it has tools and a schema."""

    need: Need
    difficulty: Difficulty = Difficulty.EASY
    consequence: Consequence = Consequence.NONE
    sensitivity: Sensitivity = Sensitivity.PUBLIC
    tokens_in: int = 0
    most_out: int = 0
    has_tools: bool = False
    has_schema: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return the case as the journal keeps it."""
        return {
            "need": self.need.value,
            "difficulty": self.difficulty.value,
            "consequence": self.consequence.value,
            "sensitivity": self.sensitivity.value,
            "tokens_in": self.tokens_in,
            "most_out": self.most_out,
            "has_tools": self.has_tools,
            "has_schema": self.has_schema,
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "CallCase":
        """Return a case that the journal kept."""
        return cls(
            need=Need(value["need"]),
            difficulty=Difficulty(value["difficulty"]),
            consequence=Consequence(value["consequence"]),
            sensitivity=Sensitivity(value["sensitivity"]),
            tokens_in=value["tokens_in"],
            most_out=value["most_out"],
            has_tools=value.get("has_tools", False),
            has_schema=value.get("has_schema", False),
        )


@dataclass(frozen=True, slots=True)
class RoutingTable:
    """Table that holds: deployments by name, rows in their order, limits of the signals."""

    number: int
    id: UUID | None
    deployments: dict[str, ModelDeployment]
    rows: tuple[RoutingRow, ...]
    limits: SignalLimits = field(default_factory=SignalLimits)

    def as_json(self) -> dict[str, Any]:
        """Return the table as it is written and stored, without what is usual."""
        given = TableGiven(
            deployments=list(self.deployments.values()), rows=list(self.rows), limits=self.limits
        )
        value: dict[str, Any] = given.model_dump(mode="json", exclude_defaults=True)
        for one in value["deployments"]:
            for name in ("price_in", "price_out"):
                if name in one:
                    one[name] = float(one[name])  # a number, and no text of one
        return value

    def row_for(self, case: CallCase) -> tuple[int, RoutingRow]:
        """Return the first row that a call fits, with its number from 1."""
        return next((n, row) for n, row in enumerate(self.rows, 1) if fits(case, row))


def fits(case: CallCase, row: RoutingRow) -> bool:
    """Whether a call fits a row: its need, and each of its levels or a higher one."""
    return (
        (row.need is None or row.need is case.need)
        and (row.difficulty is None or reaches(case.difficulty, row.difficulty))
        and (row.consequence is None or reaches(case.consequence, row.consequence))
        and (row.sensitivity is None or reaches(case.sensitivity, row.sensitivity))
    )


def row_phrases(row: RoutingRow) -> list[str]:
    """Return what a row asks of a call, as "a call that …"; empty where every call fits."""
    levels = (row.need, row.difficulty, row.consequence, row.sensitivity)
    return [PHRASES[level] for level in levels if level is not None and level in PHRASES]


def read_table(value: Any, *, number: int = 0, id: UUID | None = None) -> RoutingTable:
    """Return a table from its JSON. Raises Invalid, which names every problem with its place."""
    try:
        given = TableGiven.model_validate(value)
    except ValidationError as error:
        said = [f"{_place(one['loc'])}: {one['msg']}" for one in error.errors()]
        raise Invalid("\n".join(said), code="bad_settings") from error
    if problems := _problems(given):
        raise Invalid("\n".join(problems), code="bad_settings")
    return RoutingTable(
        number=number,
        id=id,
        deployments={one.name: one for one in given.deployments},
        rows=tuple(given.rows),
        limits=given.limits,
    )


def _problems(given: TableGiven) -> list[str]:
    names = [one.name for one in given.deployments]
    problems = [
        f"deployments: {name} is there twice."
        for name in dict.fromkeys(names)
        if names.count(name) > 1
    ]
    problems += [
        f"{one.name}: give both prices, or neither."
        for one in given.deployments
        if (one.price_in is None) != (one.price_out is None)
    ]
    for number, row in enumerate(given.rows, 1):
        problems += [
            f"row {number}: there is no deployment called {name}."
            for name in row.use
            if name not in names
        ]
        if len(set(row.use)) < len(row.use):
            problems.append(f"row {number}: names a deployment twice.")
        if row.is_for_all and number < len(given.rows):
            problems.append(f"row {number}: fits every call, so no row after it is ever reached.")
    if not given.rows[-1].is_for_all:
        problems.append("The last row must fit every call: leave its conditions open.")
    return problems


def _place(path: tuple[int | str, ...]) -> str:
    parts = [f"{part + 1}" if isinstance(part, int) else part for part in path]
    return " ".join(parts) or "the table"

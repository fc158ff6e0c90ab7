"""The typed shape of a definition. Step kinds bring the shape of their own settings."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from approvals.never import Rule

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
RungName = Literal[
    "never_execute",
    "read_only",
    "draft_only",
    "recommend_and_route",
    "execute_with_approval",
]


class Strict(BaseModel):
    """Refuses fields it doesn't know, so that a slip of the pen is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Brief(Strict):
    """Why the workflow exists, for people."""

    why: str = Field(max_length=600)
    starts: str = Field(default="", max_length=300)
    facts: str = Field(default="", max_length=300)
    approves: str = Field(default="", max_length=300)
    stalls: str = Field(default="", max_length=300)


class Never(Strict):
    """A never-rule of this workflow."""

    tool: str = ""
    kind: str = ""
    if_: str = Field(default="", alias="if")
    text: str = ""
    why: str = ""

    def rule(self) -> Rule:
        """The pure rule."""
        return Rule(self.tool, self.kind, self.if_, self.text, self.why)


class OnFailure(Strict):
    """What happens when a step has failed for good."""

    person: Literal["owner"] = "owner"


class ForEach(Strict):
    """Do a step once for each item of a list, a few at a time.

    ``in`` is CEL for the list. The step's own settings may read the item by the name
    in ``as``, and its place in the list, from 0, as ``index``.
    """

    in_: str = Field(alias="in")
    as_: Name = Field(alias="as")
    at_most: int = Field(default=50, ge=1, le=200)
    at_once: int = Field(default=5, ge=1, le=50)


class StepHead(Strict):
    """What every step has, whatever its kind."""

    name: Name
    needs: list[Name] = Field(default_factory=list)
    if_: str = Field(default="", alias="if")
    for_each: ForEach | None = None
    on_failure: OnFailure = Field(default_factory=OnFailure)


class Head(Strict):
    """A definition without its steps."""

    workflow: Slug
    title: str = Field(default="", max_length=120)
    rung: RungName
    model: str = Field(default="", max_length=80)
    decide_within_hours: int = Field(default=24, ge=1, le=24 * 30)
    brief: Brief
    sources: list[Slug] = Field(default_factory=list)
    never: list[Never] = Field(default_factory=list)
    schemas: dict[str, dict[str, Any]] = Field(default_factory=dict)

"""The typed shape of a definition. Step kinds bring the shape of their own settings."""

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from approvals.never import Rule
from workflows.definitions.failure import Fallback, Fallbacks, Retry, Timeout
from workflows.definitions.strict import Strict as Strict

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
RungName = Literal[
    "never_execute",
    "read_only",
    "draft_only",
    "recommend_and_route",
    "execute_with_approval",
]


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


class StepHead(Strict):
    """What every step has, whatever its kind."""

    name: Name
    needs: list[Name] = Field(default_factory=list)
    if_: str = Field(default="", alias="if")
    retry: Retry = Field(default_factory=Retry)
    timeout: Timeout | None = None
    on_failure: Fallbacks = Field(default_factory=lambda: [Fallback(person="owner")])


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

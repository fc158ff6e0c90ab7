"""Typed shape of a definition's head and steps; step kinds have that of their settings.

The docstrings here are the descriptions in the published JSON Schema of definitions.
"""

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from approvals.rules.never import Rule
from workflows.definitions.on_failure import Fallback, Fallbacks, Retry, Timeout
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
DEEPEST = 5  # handoffs in a row


class Brief(Strict):
    """Why the workflow exists, for people."""

    why: str = Field(max_length=600)
    """What it is for, and what is better because of it."""
    starts: str = Field(default="", max_length=300)
    """Where requests come from."""
    facts: str = Field(default="", max_length=300)
    """Which sources hold the facts."""
    approves: str = Field(default="", max_length=300)
    """Who approves."""
    stalls: str = Field(default="", max_length=300)
    """What happens when it stalls."""


class Never(Strict):
    """A never-rule of this workflow."""

    tool: str = ""
    """The tool it holds for; left out, any tool."""
    kind: str = ""
    """The kind of write it holds for, such as send or refund."""
    if_: str = Field(default="", alias="if")
    """A condition over args, in CEL, such as args.amount.value > 20000."""
    text: str = ""
    """Words that must not be in what is done."""
    why: str = ""
    """Why, for people."""

    def rule(self) -> Rule:
        """Return the rule as the gate checks it."""
        return Rule(self.tool, self.kind, self.if_, self.text, self.why)


class ForEach(Strict):
    """Do a step once for each item of a list, a few at a time.

    ``in`` is CEL for the list. The step's own settings may read the item by the name
    in ``as``, and its place in the list, from 0, as ``index``.
    """

    in_: str = Field(alias="in")
    """The list, in CEL."""
    as_: Name = Field(alias="as")
    """The name by which settings read one item."""
    at_most: int = Field(default=50, ge=1, le=200)
    """How many items it takes; a longer list is a problem, not cut off."""
    at_once: int = Field(default=5, ge=1, le=50)
    """How many are under way together."""


class StepHead(Strict):
    """What every step has, whatever its kind."""

    name: Name
    """How other steps call it: small letters, digits and underscores."""
    needs: list[Name] = Field(default_factory=list)
    """The steps that must be done before it."""
    if_: str = Field(default="", alias="if")
    """Run it only where this holds, in CEL. It can read input, steps and records."""
    for_each: ForEach | None = None
    """Do it once for each item of a list."""
    retry: Retry = Field(default_factory=Retry)
    """How often and when a failed call is made again."""
    timeout: Timeout | None = None
    """How long one call of it may take."""
    on_failure: Fallbacks = Field(default_factory=lambda: [Fallback(person="owner")])
    """What happens when it has failed for good: fallbacks, tried in order."""


class Schedule(Strict):
    """Start a run at these times. ``cron`` has five fields; no ``zone`` means the client's."""

    cron: str = Field(max_length=100)
    """Minute, hour, day of the month, month, day of the week: 0 9 * * mon-fri."""
    zone: str = Field(default="", max_length=40)
    """A time zone such as Europe/Berlin; left out, the client's."""
    input: dict[str, Any] = Field(default_factory=dict)
    """What the run is given."""


class FromMail(Strict):
    """Start a run from each mail to this mailbox; ``input`` is added to what the mail says."""

    mailbox: Slug
    """The mailbox, by the name provider staff gave it."""
    input: dict[str, Any] = Field(default_factory=dict)
    """What is added to what the mail says."""


class On(Strict):
    """What starts runs besides people and the API."""

    schedule: list[Schedule] = Field(default_factory=list, max_length=20)
    """Times at which a run starts."""
    mail: FromMail | None = None
    """The mailbox whose mails each start a run."""


class Head(Strict):
    """A definition without its steps."""

    workflow: Slug
    """The name in addresses: small letters, digits and hyphens. It never changes."""
    title: str = Field(default="", max_length=120)
    """What people call it."""
    rung: RungName
    """How far it may go on the permission ladder."""
    model: str = Field(default="", max_length=80)
    """The model that writes; left out, the workflow's, or what the provider's table chooses."""
    models: list[str] = Field(default_factory=list, max_length=20)
    """The only models that may be chosen for it; left out, any that the client may use."""
    at_once: int | None = Field(default=None, ge=1, le=10_000)
    """How many of its calls to models and tools are in flight together; left out, any number."""
    decide_within_hours: int = Field(default=24, ge=1, le=24 * 30)
    """How long a person has to decide."""
    brief: Brief
    """Why the workflow exists."""
    on: On = Field(default_factory=On)
    """Times and mails that start it by themselves."""
    input: dict[str, Any] | None = None
    """The shape of a request, as a JSON Schema of an object. What does not fit is refused."""
    sources: list[Slug] = Field(default_factory=list)
    """The sources it is granted. Nothing else can be read."""
    never: list[Never] = Field(default_factory=list)
    """What it never does, whoever approves."""
    schemas: dict[str, dict[str, Any]] = Field(default_factory=dict)
    """Shapes of answers, by name; a step refers to one with $ref."""

"""Trace of one step of a run: its attempt, calls, reviews and actions."""

from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from approvals.models import Decision, Permit, Proposal, ReviewItem
from approvals.policies.contributions import Contribution
from portal.runs.choice import ChoiceLines, choice_lines
from portal.runs.json_text import pretty, pretty_text
from workflows.definitions.definition import is_part
from workflows.engine.agents.parts import TURN
from workflows.models import Call, Run, StepRun

# Keys of a part's output that hold an error in technical words.
FAILURES = ("failed", "unfit")
# Keys of a step's output with markup of their own on the page; the rest is shown as JSON.
SHAPED = {
    "retrieve": frozenset({"found", "left_out", "missing", "records"}),
    "generate": frozenset({"text", "spans", "edited_by"}),
    "agent": frozenset({"text", "spans", "edited_by", "proposed"}),
    "turn": frozenset({"text", "calls", *FAILURES}),
    "call": frozenset({"tool", "args", "said", *FAILURES}),
    "handoff": frozenset(FAILURES),
}
# What people of the client read in place of technical words.
DID_NOT_WORK = "This did not work, and the agent was told so."
CALL_PROBLEMS = {
    "in_doubt": "Whether this happened is not known.",
    "lost": "The run ended first.",
}
TRY_FAILED = "This try did not work."


@dataclass(frozen=True, slots=True)
class TracedAction:
    """One proposed action with its permit."""

    proposal: Proposal
    permit: Permit | None
    said: str
    args: list[tuple[str, str]]
    result: str


@dataclass(frozen=True, slots=True)
class Review:
    """One review item of the run with its decision and its actions."""

    item: ReviewItem
    decision: Decision | None
    actions: list[TracedAction]
    edits: str
    contributions: list[Contribution] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class CallTrace:
    """One journaled call, its request and response as text."""

    call: Call
    messages: list[tuple[str, str]]
    request: str
    answer: str
    choice: ChoiceLines | None = None
    problem: str = ""

    def in_plain_words(self) -> "CallTrace":
        """Return the call with no technical words in its problem."""
        said = CALL_PROBLEMS.get(self.call.status, TRY_FAILED) if self.problem else ""
        return replace(self, problem=said)


@dataclass(frozen=True, slots=True)
class StepTrace:
    """One attempt at a step of the definition, or one part of an agent step.

    ``row`` is None where the step has not begun. ``brief`` says what a part was about.
    ``is_plain``: the reader gets no technical words.
    """

    name: str
    kind: str
    what: str
    condition: str
    row: StepRun | None = None
    calls: list[CallTrace] = field(default_factory=list)
    reviews: list[Review] = field(default_factory=list)
    numbers: dict[UUID, int] = field(default_factory=dict)
    child: Run | None = None
    item_ids: frozenset[UUID] = frozenset()
    told: str = ""
    brief: str = ""
    parts: "list[StepTrace]" = field(default_factory=list)
    is_plain: bool = False

    @property
    def whole(self) -> "list[StepTrace]":
        """The parts of an agent step and then the step itself."""
        return [*self.parts, self]

    @property
    def millis(self) -> int:
        """The time of its calls, in milliseconds; 0 where none was made."""
        return sum(made.call.millis or 0 for made in self.calls)

    @property
    def number(self) -> int | None:
        """The position, from 1, of the ``for_each`` item that this attempt is for, or None."""
        item = self.row.item if self.row else None
        return None if item is None else item + 1

    @property
    def found(self) -> list[dict[str, Any]]:
        """The pieces of sources the step retrieved, each with the number of its revision."""
        pieces = self.output.get("found", ()) if self.kind == "retrieve" else ()
        return [{**p, "number": self.numbers.get(UUID(p["revision"]))} for p in pieces]

    @property
    def left_out(self) -> list[dict[str, Any]]:
        """The sources the step did not use."""
        return self.output.get("left_out", []) if self.kind == "retrieve" else []

    @property
    def note(self) -> str:
        """The step's note as text; empty for an ``act`` step whose note is only its item's id."""
        note = self.row.note if self.row else ""
        if self.told and self.row and self.row.status == "failed":
            return self.told
        if self.is_plain and self.row and self.row.status == "failed" and is_part(self.name):
            return DID_NOT_WORK
        return "" if note in {str(pk) for pk in self.item_ids} else note

    @property
    def output(self) -> dict[str, Any]:
        """The step's output; empty before there is one."""
        return (self.row.output or {}) if self.row else {}

    @property
    def failure(self) -> str:
        """What went wrong in a part that is done, as its agent was told; empty for nothing."""
        said = next((str(self.output[key]) for key in FAILURES if self.output.get(key)), "")
        return DID_NOT_WORK if said and self.is_plain else said

    @property
    def plain_output(self) -> str:
        """The part of the output that the page shows as JSON."""
        if self.row is not None and self.row.status == "failed":
            return ""  # the output of a failed for_each item is its error, which the note shows
        if self.row is not None and self.kind == "agent" and self.row.status == "running":
            return ""  # it has none yet, only where its attempt begins
        known = SHAPED.get(self.kind, frozenset())
        rest = {name: value for name, value in self.output.items() if name not in known}
        return pretty(rest) if rest else ""


def call_trace(call: Call, row: StepRun) -> CallTrace:
    """Return a journaled call as text; of an agent's turn what no turn before it had."""
    said = _new_messages(row, call.request.get("messages", []))
    rest = {name: value for name, value in call.request.items() if name != "messages"}
    answer = (call.response or {}).get("text")
    if asked := (call.response or {}).get("tool_calls"):
        answer = pretty([{name: one[name] for name in ("name", "arguments")} for one in asked])
    return CallTrace(
        call=call,
        messages=[(str(m.get("role", "")), str(m.get("content", ""))) for m in said],
        request=pretty(rest) if rest else "",
        answer=pretty_text(answer) if isinstance(answer, str) else pretty(call.response),
        choice=choice_lines(call),
        problem=call.problem,
    )


def _new_messages(row: StepRun, messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if row.kind != TURN:
        return messages
    said = [n for n, message in enumerate(messages) if message.get("role") == "assistant"]
    return messages[said[-1] + 1 :] if said else messages

"""A run's trace: every step, call, source, review and event, put together for reading.

It answers DESIGN rule 16 for one run, with a fixed number of queries.
"""

from dataclasses import dataclass, field
from itertools import groupby
from typing import Any
from uuid import UUID

from approvals.models import Decision, Permit, Proposal, ReviewItem
from approvals.policies.contributions import Contribution, contributions_of
from approvals.review import selectors as approvals
from approvals.rules.phrases import show, titled
from audit import selectors as audit
from audit.verbs import Verb
from portal.runs.json_text import pretty, pretty_text
from portal.workflows import page as lanes
from portal.workflows.diagram import svg
from tenants.sources import selectors as sources
from workflows import selectors
from workflows.definitions.definition import Step
from workflows.models import Call, Run, StepRun

# What of a step's output the page shows in a shape of its own. A tool's answer has none.
SHAPED = {
    "retrieve": frozenset({"found", "left_out", "missing", "records"}),
    "generate": frozenset({"text", "spans", "edited_by"}),
}
REFUSALS = (Verb.STEP_REFUSED, Verb.PERMIT_REFUSED)


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
    """What went before a person and what they decided."""

    item: ReviewItem
    decision: Decision | None
    actions: list[TracedAction]
    edits: str
    contributions: list[Contribution] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class CallTrace:
    """One journaled call, readable."""

    call: Call
    messages: list[tuple[str, str]]
    request: str
    answer: str


@dataclass(frozen=True, slots=True)
class StepTrace:
    """One step of the definition with each attempt at it; none where it has not begun."""

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

    @property
    def number(self) -> int | None:
        """Which item of its list this row is for, from 1."""
        item = self.row.item if self.row else None
        return None if item is None else item + 1

    @property
    def found(self) -> list[dict[str, Any]]:
        """The pieces of sources it read, each with the number of its revision."""
        pieces = self.output.get("found", ()) if self.kind == "retrieve" else ()
        return [{**p, "number": self.numbers.get(UUID(p["revision"]))} for p in pieces]

    @property
    def left_out(self) -> list[dict[str, Any]]:
        """The sources it did not use."""
        return self.output.get("left_out", []) if self.kind == "retrieve" else []

    @property
    def note(self) -> str:
        """What was noted, for reading: an act that was put up notes only its item's id."""
        note = self.row.note if self.row else ""
        if self.told and self.row and self.row.status == "failed":
            return self.told
        return "" if note in {str(pk) for pk in self.item_ids} else note

    @property
    def output(self) -> dict[str, Any]:
        """What the step gave."""
        return (self.row.output or {}) if self.row else {}

    @property
    def plain_output(self) -> str:
        """The output as JSON, for steps whose output has no shape of its own."""
        if self.row is not None and self.row.status == "failed":
            return ""  # a part of a list keeps why it failed there
        known = SHAPED.get(self.kind, frozenset())
        rest = {name: value for name, value in self.output.items() if name not in known}
        return pretty(rest) if rest else ""


@dataclass(frozen=True, slots=True)
class Trace:
    """A whole run."""

    run: Run
    steps: list[StepTrace]
    rows: list[StepRun]
    reviews: list[Review]
    calls: list[Call]
    refusals: list[str]

    @property
    def cost_micros(self) -> int:
        """What its model calls cost, in millionths of a US dollar."""
        return sum(call.cost_micros for call in self.calls)

    @property
    def millis(self) -> int:
        """How long its calls took together."""
        return sum(call.millis or 0 for call in self.calls)

    @property
    def models(self) -> list[tuple[str, str]]:
        """The models that were asked, each with why that one."""
        asked = ((call.name, call.why) for call in self.calls if call.kind == "model")
        return list(dict.fromkeys(asked))

    @property
    def sources(self) -> list[dict[str, Any]]:
        """Every piece of a source that was read, once."""
        found = [piece for step in self.steps for piece in step.found]
        return list({piece["piece"]: piece for piece in found}.values())

    @property
    def left_out(self) -> list[dict[str, Any]]:
        """Sources that were not used, with why."""
        left = [piece for step in self.steps for piece in step.left_out]
        return list({piece["source_id"]: piece for piece in left}.values())

    @property
    def rungs(self) -> list[str]:
        """The rungs its work stood on when it was put before people."""
        found = (review.item.evidence.get("rung", "") for review in self.reviews)
        return list(dict.fromkeys(filter(None, found)))

    @property
    def problems(self) -> list[str]:
        """What failed, beyond what was refused."""
        failed = (step for step in self.steps if step.row and step.row.status == "failed")
        said = dict.fromkeys(step.note for step in failed if step.note)
        return [note for note in said if not any(note in refusal for refusal in self.refusals)]

    @property
    def decided(self) -> list[Review]:
        """What people have decided."""
        return [review for review in self.reviews if review.decision]

    @property
    def executed(self) -> list[TracedAction]:
        """What was carried out."""
        actions = (action for review in self.reviews for action in review.actions)
        return [a for a in actions if a.proposal.status in ("executed", "undone")]

    @property
    def object_ids(self) -> list[UUID]:
        """Everything of the run that events may be about."""
        return _object_ids(self.run, self.rows, self.reviews)


def trace(run: Run, locale: str) -> Trace:
    """Read and put together one run's trace. ``locale`` is for amounts of money."""
    rows = list(selectors.steps_of(run))
    calls = list(selectors.calls_of(run))
    reviews = _reviews(run, locale)
    definition = lanes.definition_of(run.version)
    numbers = sources.numbers(_revisions(rows))
    children = selectors.children_of(run) if any(r.kind == "handoff" for r in rows) else {}
    steps = (
        [_step(step, rows, calls, reviews, numbers, children) for step in definition.steps]
        if definition
        else []
    )
    refused = audit.events_of(*_object_ids(run, rows, reviews)).filter(verb__in=REFUSALS)
    return Trace(
        run=run,
        steps=[step for attempts in steps for step in attempts],
        rows=rows,
        reviews=reviews,
        calls=calls,
        refusals=list(dict.fromkeys(refused.values_list("reason", flat=True))),
    )


def _object_ids(run: Run, rows: list[StepRun], reviews: list[Review]) -> list[UUID]:
    proposals = [action.proposal.pk for review in reviews for action in review.actions]
    items = [review.item.pk for review in reviews]
    return [run.pk, *items, *proposals, *(row.pk for row in rows)]


def _step(
    step: Step,
    rows: list[StepRun],
    calls: list[Call],
    reviews: list[Review],
    numbers: dict[UUID, int],
    children: dict[UUID, Run],
) -> list[StepTrace]:
    """A step's attempts, oldest first; one that says "not begun" where there is none."""
    head = (step.name, step.kind, svg.what(step), step.head.if_)
    mine = [row for row in rows if row.name == step.name]
    asked = [r for r in reviews if r.item.step.rstrip("~!") == step.name]
    if not mine:
        return [StepTrace(*head, reviews=asked)]
    return [
        StepTrace(
            *head,
            row=row,
            calls=[_call(call) for call in calls if call.step_id == row.pk],
            # What people saw belongs to the step, so it is shown once, at the last attempt.
            reviews=asked if row is mine[-1] else [],
            numbers=numbers,
            child=children.get(row.pk),
            item_ids=frozenset(review.item.pk for review in reviews),
        )
        for row in mine
    ]


def _revisions(rows: list[StepRun]) -> set[UUID]:
    """The source revisions that the steps read."""
    read = (row.output or {} for row in rows if row.kind == "retrieve")
    found = (piece for output in read for piece in output.get("found", ()))
    return {UUID(piece["revision"]) for piece in found}


def _call(call: Call) -> CallTrace:
    said = call.request.get("messages", [])
    rest = {name: value for name, value in call.request.items() if name != "messages"}
    answer = (call.response or {}).get("text")
    return CallTrace(
        call=call,
        messages=[(str(m.get("role", "")), str(m.get("content", ""))) for m in said],
        request=pretty(rest) if rest else "",
        answer=pretty_text(answer) if isinstance(answer, str) else pretty(call.response),
    )


def _reviews(run: Run, locale: str) -> list[Review]:
    items = list(selectors.items_of(run))
    decisions = {d.item_id: d for d in approvals.decisions_of(item.pk for item in items)}
    permits = {permit.proposal_id: permit for permit in approvals.permits_of_run(run.pk)}
    proposals = list(approvals.proposals_of_run(run.pk))
    by_item = {
        item_id: [_action(p, permits.get(p.pk), locale) for p in found]
        for item_id, found in groupby(proposals, key=lambda p: p.item_id)
    }
    contributions = contributions_of(items)
    found = [(item, decisions.get(item.pk)) for item in items]
    return [
        Review(one, made, by_item.get(one.pk, []), _edits(made), contributions.get(one.pk, []))
        for one, made in found
    ]


def _edits(decision: Decision | None) -> str:
    return pretty(decision.edits) if decision and decision.edits else ""


def _action(proposal: Proposal, permit: Permit | None, locale: str) -> TracedAction:
    return TracedAction(
        proposal=proposal,
        permit=permit,
        said=titled(proposal.tool, proposal.args, locale),
        args=[(name.replace("_", " "), show(v, locale)) for name, v in proposal.args.items()],
        result=pretty(proposal.result) if proposal.result else "",
    )

"""Trace of a run: each step with its calls, sources, reviews and actions, for the run's page.

The trace gives what DESIGN rule 16 asks of one run, in a fixed number of queries.
"""

from dataclasses import dataclass
from itertools import groupby
from typing import Any
from uuid import UUID

from approvals.models import Permit, Proposal
from approvals.policies.contributions import contributions_of
from approvals.review import selectors as approvals
from approvals.rules.phrases import show, titled
from audit import selectors as audit
from audit.verbs import Verb
from portal.runs.agent_parts import part_traces, tool_titles
from portal.runs.json_text import pretty
from portal.runs.step_trace import Review, StepTrace, TracedAction, call_trace
from portal.workflows import page as workflow_page
from portal.workflows.diagram import svg
from tenants.sources import selectors as sources
from workflows import selectors
from workflows.costs import Cost
from workflows.definitions.definition import Step, step_of_part
from workflows.models import Call, Run, StepRun

REFUSALS = (Verb.STEP_REFUSED, Verb.PERMIT_REFUSED)


@dataclass(frozen=True, slots=True)
class Trace:
    """The trace of one run."""

    run: Run
    steps: list[StepTrace]
    rows: list[StepRun]
    reviews: list[Review]
    calls: list[Call]
    refusals: list[str]

    @property
    def cost(self) -> Cost:
        """The cost of the run's calls."""
        return Cost.of(call.cost_micros for call in self.calls)

    @property
    def millis(self) -> int:
        """The calls' total time in milliseconds."""
        return sum(call.millis or 0 for call in self.calls)

    @property
    def _whole(self) -> list[StepTrace]:
        """All steps, each after its parts."""
        return [one for step in self.steps for one in step.whole]

    @property
    def models(self) -> list[tuple[str, str]]:
        """The models called, each with the reason for its choice."""
        asked = ((call.name, call.why) for call in self.calls if call.kind == "model")
        return list(dict.fromkeys(asked))

    @property
    def sources(self) -> list[dict[str, Any]]:
        """The distinct pieces of sources that were retrieved."""
        found = [piece for step in self._whole for piece in step.found]
        return list({piece["piece"]: piece for piece in found}.values())

    @property
    def left_out(self) -> list[dict[str, Any]]:
        """The sources that were not used, each with the reason."""
        left = [piece for step in self._whole for piece in step.left_out]
        return list({piece["source_id"]: piece for piece in left}.values())

    @property
    def rungs(self) -> list[str]:
        """The rungs that applied when items were put before people."""
        found = (review.item.evidence.get("rung", "") for review in self.reviews)
        return list(dict.fromkeys(filter(None, found)))

    @property
    def problems(self) -> list[str]:
        """The notes of failed steps, apart from those that a refusal already gives."""
        failed = (step for step in self._whole if step.row and step.row.status == "failed")
        said = dict.fromkeys(step.note for step in failed if step.note)
        return [note for note in said if not any(note in refusal for refusal in self.refusals)]

    @property
    def decided(self) -> list[Review]:
        """The reviews with a decision."""
        return [review for review in self.reviews if review.decision]

    @property
    def executed(self) -> list[TracedAction]:
        """The actions that were executed, even if they were undone later."""
        actions = (action for review in self.reviews for action in review.actions)
        return [a for a in actions if a.proposal.status in ("executed", "undone")]

    @property
    def object_ids(self) -> list[UUID]:
        """The ids of all objects of the run that events may be about."""
        return _object_ids(self.run, self.rows, self.reviews)


def trace(run: Run, locale: str) -> Trace:
    """Read one run's trace. ``locale`` is for amounts of money."""
    rows = list(selectors.steps_of(run))
    calls = list(selectors.calls_of(run))
    pictures = selectors.pictures_of(calls)
    for call in calls:
        vars(call).update(picture_ids=pictures.get(call.pk, []))
    reviews = _reviews(run, locale)
    definition = workflow_page.definition_of(run.version)
    numbers = sources.numbers(_revisions(rows))
    children = selectors.children_of([row.pk for row in rows if row.kind == "handoff"])
    known = definition.steps if definition else ()
    titles = tool_titles(rows, reviews)
    steps = [_step(step, rows, calls, reviews, numbers, children, titles, locale) for step in known]
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
    titles: dict[str, str],
    locale: str,
) -> list[StepTrace]:
    """Return a step's attempts, oldest first, or one without a row where the step has not begun."""
    head = (step.name, step.kind, svg.what(step), step.head.if_)
    mine = [row for row in rows if row.name == step.name]
    # An exception and an undo of an agent's action are about a part of its step.
    asked = [r for r in reviews if step_of_part(r.item.step) == step.name]
    if not mine:
        return [StepTrace(*head, reviews=asked)]
    parts = part_traces(step, rows, calls, asked, children, titles, locale)
    return [
        StepTrace(
            *head,
            row=row,
            calls=[call_trace(call, row) for call in calls if call.step_id == row.pk],
            # Reviews and parts belong to the step, not to an attempt: they are shown once, at the
            # last one.
            reviews=asked if row is mine[-1] else [],
            parts=parts if row is mine[-1] else [],
            numbers=numbers,
            child=children.get(row.pk),
            item_ids=frozenset(review.item.pk for review in reviews),
        )
        for row in mine
    ]


def _revisions(rows: list[StepRun]) -> set[UUID]:
    """Return the ids of the source revisions that the steps read."""
    read = (row.output or {} for row in rows if row.kind == "retrieve")
    found = (piece for output in read for piece in output.get("found", ()))
    return {UUID(piece["revision"]) for piece in found}


def _reviews(run: Run, locale: str) -> list[Review]:
    items = list(selectors.items_of(run))
    decisions = {d.item_id: d for d in approvals.decisions_of(item.pk for item in items)}
    # They come ordered by item, as groupby needs.
    proposals = list(approvals.proposals_of_run(run.pk))
    permits = {p.proposal_id: p for p in approvals.permits_of(one.pk for one in proposals)}
    by_item = {
        item_id: [_action(p, permits.get(p.pk), locale) for p in found]
        for item_id, found in groupby(proposals, key=lambda p: p.item_id)
    }
    contributions = contributions_of(items)
    found = [(item, decisions.get(item.pk)) for item in items]
    return [
        Review(
            item=one,
            decision=made,
            actions=by_item.get(one.pk, []),
            edits=pretty(made.edits) if made and made.edits else "",
            contributions=contributions.get(one.pk, []),
        )
        for one, made in found
    ]


def _action(proposal: Proposal, permit: Permit | None, locale: str) -> TracedAction:
    return TracedAction(
        proposal=proposal,
        permit=permit,
        said=titled(proposal.tool, proposal.args, locale),
        args=[(name.replace("_", " "), show(v, locale)) for name, v in proposal.args.items()],
        result=pretty(proposal.result) if proposal.result else "",
    )

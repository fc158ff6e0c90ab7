"""Evidence of a review item: the sources, model, cost and rung behind it, frozen with it."""

from typing import Any

from approvals.rules.ladder import tightest
from workflows.costs import Cost
from workflows.definitions.definition import step_of_part
from workflows.definitions.references import upstream
from workflows.engine.state.context import Context
from workflows.engine.state.revisions import revisions_in


def gather_evidence(context: Context, step: str) -> dict[str, Any]:
    """Return the evidence behind ``step``: sources used and left out, model, cost, rung, input."""
    before = {step_of_part(step), *upstream(context.definition, step)}
    rows = [row for row in context.steps.values() if step_of_part(row.name) in before]
    retrieved = [r.output for r in rows if r.kind == "retrieve" and r.output]
    calls = [c for c in context.calls if c.kind == "model" and c.status == "done"]
    # Of an attempt that stands: a fallback's value was written by no model. Calls for the items of
    # a list belong to rows that are not in the context.
    live, lists = {row.pk for row in rows}, any(_is_list(context, row.name) for row in rows)
    wrote = [call for call in calls if lists or call.step_id in live]
    last = wrote[-1] if wrote else None
    # Of the failed ones too: an answer that could not be used was paid for.
    cost = Cost.of(call.cost_micros for call in context.calls if call.kind == "model")
    return {
        "sources": [
            {name: piece[name] for name in piece if name != "content"}
            for output in retrieved
            for piece in output["found"]
        ],
        # Revisions that the child runs used.
        "handed": sorted({r for row in rows if row.kind == "handoff" for r in revisions_in(row)}),
        "left_out": [piece for output in retrieved for piece in output["left_out"]],
        "missing": [name for output in retrieved for name in output["missing"]],
        "model": last.name if last else "",
        "model_why": last.why if last else "",
        "cost_micros": cost.micros,
        **({"cost_unknown": cost.unknown} if cost.unknown else {}),
        "millis": sum(call.millis or 0 for call in calls),
        "rung": tightest((*context.gate_context.rungs, *context.workflow_gate().rungs)),
        "input": context.run.input,
        "trigger": context.run.trigger,
    }


def _is_list(context: Context, step: str) -> bool:
    return context.definition.step(step).head.for_each is not None


def cited_revisions(evidence: dict[str, Any], cited: set[int] | None = None) -> list[str]:
    """Return the ids of the source revisions used, or of the ``cited`` pieces where given.

    Records and the revisions of child runs always count.
    """
    pieces = evidence["sources"]
    if cited is not None:
        pieces = [p for p in pieces if p["n"] in cited or p["kind"] == "record"]
    return sorted({*(piece["revision"] for piece in pieces), *evidence.get("handed", ())})

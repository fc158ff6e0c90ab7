"""Steps with ``for_each``: done once for each item of a list, a few items at a time.

The step's own row holds ``{"in": list}`` while it runs and ``{"items": [outputs]}`` when it is
done. Each item that has begun has a row of its own, so that a crash loses no result.
"""

import json
from dataclasses import replace
from typing import Any

from approvals.rules import expressions
from audit import outbox
from audit.transitions import move
from tenants import clock
from tenants.actors import SYSTEM
from tenants.errors import Invalid
from workflows.definitions.definition import Step
from workflows.definitions.schema import ForEach
from workflows.engine.calls.ask_model import ask_model
from workflows.engine.handoffs import handoff
from workflows.engine.state.attempts import fail_step
from workflows.engine.state.context import Context, begin_row
from workflows.engine.state.exceptions import raise_exception
from workflows.engine.state.failures import problem_from_error
from workflows.exceptions.causes import problem_as_json, problem_from_json
from workflows.models import StepRun
from workflows.states import UNDER_WAY
from workflows.steps import retrieve, step_kinds
from workflows.steps.results import AskModel, Done, HandOver

# Items of a sealed run: all go one way, and its transaction must be short.
MOST_SEALED = 3


def begin(context: Context, step: Step, *, own: bool) -> outbox.Job | None:
    """Evaluate a step's list, store it in the step's row, and begin its first items.

    Returns the call this worker makes, if ``own`` and if there is one. Raises Invalid for a value
    that is no list, and for a list longer than the step allows.
    """
    assert step.head.for_each is not None
    values = _values(step.head.for_each, context.names())
    if context.run.is_sealed:
        values = values[:MOST_SEALED]
    _supersede_other_lists(context, step, values)
    status = "waiting" if step.kind == "handoff" else "running"
    begin_row(context, step, status, output={"in": values})
    return _begin_items(context, step, own=own)


def continue_each(context: Context) -> outbox.Job | None:
    """Begin further items of every ``for_each`` step under way; end steps whose items are over.

    Returns the call this worker makes, if there is one.
    """
    job: outbox.Job | None = None
    for step in context.definition.steps:
        row = context.steps.get(step.name) if step.head.for_each else None
        if row is not None and row.status in UNDER_WAY:
            begun = _begin_items(context, step, own=job is None)
            job = job or begun
    return job


def _values(each: ForEach, names: dict[str, Any]) -> list[Any]:
    found = expressions.evaluate(each.in_, names)
    if not isinstance(found, list):
        raise Invalid(f"“{each.in_}” gave {found!r:.80}, which is no list.", code="no_list")
    if len(found) > each.at_most:
        raise Invalid(
            f"“{each.in_}” has {len(found)} items; this step takes {each.at_most} at most. "
            "Send fewer, or raise at_most.",
            code="long_list",
        )
    try:
        # CEL values may be times or NaN, which the row's JSON can't keep.
        json.dumps(found, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise Invalid(f"“{each.in_}” holds what JSON can't: {error}.", code="no_list") from error
    return found


def _items(context: Context, step: Step) -> Any:
    rows = StepRun.objects.filter(run=context.run, name=step.name, replaced_at=None)
    return rows.exclude(item=None).order_by("item")


def _supersede_other_lists(context: Context, step: Step, values: list[Any]) -> None:
    """Mark the items of an earlier attempt as replaced, unless its list was the same."""
    if not _items(context, step).exists():
        return
    # Ids are in order of time (UUID 7): the latest is the former attempt.
    former = StepRun.objects.filter(run=context.run, name=step.name, item=None).latest("id")
    if (former.output or {}).get("in") != values:
        _items(context, step).update(replaced_at=clock.now())


def _begin_items(context: Context, step: Step, *, own: bool) -> outbox.Job | None:
    """Begin items up to ``at_once`` under way; end the step where none is under way.

    After a failure no further item begins.
    """
    assert step.head.for_each is not None
    values: list[Any] = (context.steps[step.name].output or {})["in"]
    status: dict[int, str] = dict(_items(context, step).values_list("item", "status"))
    job: outbox.Job | None = None
    for number, value in enumerate(values):
        under_way = sum(s in UNDER_WAY for s in status.values())
        if "failed" in status.values() or under_way >= step.head.for_each.at_once:
            break
        if number not in status:
            row, begun = _begin_item(context, step, number, value, own=own and job is None)
            status[number], job = row.status, job or begun
    if not any(s in UNDER_WAY for s in status.values()):
        _end(context, step, failed="failed" in status.values())
    return job


def _begin_item(
    context: Context, step: Step, number: int, value: Any, *, own: bool
) -> tuple[StepRun, outbox.Job | None]:
    assert step.head.for_each is not None
    inner = replace(context, item={step.head.for_each.as_: value, "index": number})
    try:
        match step_kinds()[step.kind].begin(inner, step):
            case Done(output):
                now = clock.now()
                return begin_row(
                    inner, step, "done", item=number, output=output, ended_at=now
                ), None
            case AskModel() as question:
                return ask_model(inner, step, question, own=own, item=number)
            case HandOver() as handover:
                return handoff.begin(inner, step, handover, item=number), None
        raise AssertionError("no other kind is repeated")
    except Exception as error:  # whatever a step raises is its failure
        if _items(context, step).filter(item=number).exists():
            raise  # the item has written rows, so the whole transaction is rolled back
        note = problem_from_error(
            error, f"item {number} of step {step.name} of run {context.run.pk}"
        )
        now = clock.now()
        row = begin_row(
            inner,
            step,
            "failed",
            item=number,
            note=str(note),
            output=problem_as_json(note),
            ended_at=now,
        )
        return row, None


def _end(context: Context, step: Step, *, failed: bool) -> None:
    rows = list(_items(context, step))
    row = context.steps[step.name]
    if not failed:
        output = _merge_outputs(step, [item.output or {} for item in rows])
        move(row, "done", actor=SYSTEM, output=output, ended_at=clock.now())
        return
    first = next(item for item in rows if item.status == "failed")
    count = len((row.output or {})["in"])
    problem = problem_from_json(
        f"Item {first.item + 1} of {count}: {first.note}", first.output or {}
    )
    fail_step(row, problem)
    raise_exception(context, step.name, problem)


def _merge_outputs(step: Step, outputs: list[dict[str, Any]]) -> dict[str, Any]:
    if step.kind == retrieve.NAME:
        # Found passages are evidence and can be cited, so the output has them merged as well.
        return retrieve.merge_found(outputs) | {"items": outputs}
    return {"items": outputs}

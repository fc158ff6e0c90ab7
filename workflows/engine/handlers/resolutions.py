"""Ways out of an exception: skip its step with a value, hand it over, cancel its run."""

from approvals.models import Decision, ReviewItem
from approvals.review.services import Ask, open_item
from audit.services import record
from audit.verbs import Verb
from tenants import access, clock
from tenants.actors import Actor
from tenants.errors import DomainError
from tenants.scope import current_tenant_id
from workflows.definitions.definition import step_of_part
from workflows.definitions.references import upstream
from workflows.engine.advance.finish import end_as_cancelled
from workflows.engine.state.attempts import begin_anew, reset_step, skipped_steps
from workflows.engine.state.context import Context
from workflows.exceptions.draft import ExceptionDraft
from workflows.models import Run
from workflows.validation.manual_output import output_of


def give_value(context: Context, name: str, decision: Decision) -> bool:
    """Finish the failed step ``name`` with the value a person gave. False where it does not fit."""
    row = context.steps.get(name)
    if row is None or row.status not in ("failed", "skipped"):
        return False
    try:
        by = str(decision.by)
        output = output_of(context.definition, name, decision.edits.get("value"), by=by)
    except DomainError:
        return False  # it was checked when the person decided: the definition is another now
    note = f"Given by {by}."
    anew = begin_anew(row, "done", output=output, note=note, ended_at=clock.now())
    context.steps[name] = anew
    record(Verb.STEP_GIVEN, anew, actor=deciding_actor(decision), reason=decision.words)
    return True


def supersede_after(context: Context, name: str, *, keep: set[str]) -> None:
    """Replace the steps skipped because step ``name`` had failed, apart from ``keep``.

    A part of an agent step fails its step with it.
    """
    whole = step_of_part(name)
    for row in skipped_steps(context):
        if whole in upstream(context.definition, row.name) and row.name not in keep:
            reset_step(context, row)


def open_handed_exception(item: ReviewItem, decision: Decision) -> None:
    """Open an exception with the same problem for the person it was handed to, with the note."""
    to, name = decision.edits.get("to", ""), decision.edits.get("to_name", "")
    former = ExceptionDraft.read(item.draft)
    draft = former.handed_to(name, to, by=str(decision.by), note=decision.words)
    rows = ReviewItem.objects.filter(run_id=item.run_id, step=item.step, kind="exception")
    open_item(
        Ask(
            workflow_id=item.workflow_id,
            workflow_name=item.workflow_name,
            version=item.version,
            run_id=item.run_id,
            step=item.step,
            attempt=rows.count() + 1,
            kind="exception",
            title=item.title,
            asked_by=item.asked_by,
            due_at=item.due_at,
            draft=draft.as_json(),
            why=f"{decision.by} handed it to {draft.owner}."[:300],
        )
    )


def cancel_run_of(item: ReviewItem, decision: Decision) -> None:
    """Cancel the run of an exception, unless it is done or cancelled already."""
    run = Run.objects.select_for_update(no_key=True).filter(pk=item.run_id).first()
    if run is not None and run.status not in ("done", "cancelled"):
        end_as_cancelled(run, actor=deciding_actor(decision), reason=decision.words)


def deciding_actor(decision: Decision) -> Actor:
    """Return the person who decided, with their present role or, if they left, the former one."""
    found = access.read_actor(decision.by_id, current_tenant_id())
    return found or Actor("person", decision.by_id, str(decision.by), decision.role)

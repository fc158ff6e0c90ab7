"""Items that were sent back: the model writes the text again, with the reviewer's feedback."""

from approvals.models import Decision
from approvals.queries import Case
from approvals.rules.reasons import REASONS
from audit import outbox
from tenants.errors import Invalid
from workflows.definitions.definition import step_of_part
from workflows.definitions.references import upstream
from workflows.engine.advance.advance import advance
from workflows.engine.agents import loop
from workflows.engine.agents.parts import output_at_start, parts_of
from workflows.engine.calls import fallbacks
from workflows.engine.calls.ask_model import ask_model
from workflows.engine.state.attempts import begin_anew, reset_step, skipped_steps, supersede
from workflows.engine.state.context import Context
from workflows.engine.state.failures import problem_from_error
from workflows.engine.state.moves import set_running
from workflows.models import StepRun
from workflows.steps import agent, generate


def write_again(context: Context, case: Case, decision: Decision) -> outbox.Job | None:
    """Ask the model for the text again, and let the steps that use the text begin anew.

    Steps that are done stay done, so that no effect is repeated. The former attempt stays in the
    journal, and its item in the record.
    """
    draft = case.item.text_draft
    name = draft.step
    former = context.steps.get(name)
    if former is not None and former.kind == agent.NAME:
        return _go_on_again(context, former, case, decision)
    if former is None or former.status != "done":
        return advance(context)
    set_running(context)
    _supersede_dependents(context, name, {proposal.step for proposal in case.proposals})
    step = context.definition.step(name)
    feedback = generate.Feedback(
        text=draft.words,
        reason=REASONS.get(decision.reason, ""),
        words=decision.words,
        by=str(decision.by),
    )
    # Replaced before the next attempt is inserted: one row a step is live.
    supersede(former)
    question = generate.with_feedback(generate.begin(context, step), feedback)
    try:
        ask_model(context, step, question, own=False, attempt=former.attempt + 1)
    except Invalid as error:  # no model may be asked by now, and nothing is written yet
        problem = problem_from_error(error, f"step {name} of run {context.run.pk}")
        fallbacks.begin_failed(context, step, problem, attempt=former.attempt + 1)
    return advance(context)


def _go_on_again(
    context: Context, former: StepRun, case: Case, decision: Decision
) -> outbox.Job | None:
    """Let an agent go on with its conversation, after what a person said about its text.

    The item may be that of an action after the agent, which used its text.
    """
    set_running(context)
    later = {one.step for one in case.proposals if step_of_part(one.step) != former.name}
    _supersede_dependents(context, former.name, later)
    reason = REASONS.get(decision.reason, "")
    said = " ".join(filter(None, (f"{reason}." if reason else "", decision.words)))
    kept = output_at_start(parts_of(context, former.name))
    context.steps[former.name] = begin_anew(former, "running", output=kept)
    loop.take_feedback(context, former.name, said, by=str(decision.by))
    return advance(context)


def _supersede_dependents(context: Context, name: str, acts: set[str]) -> None:
    """Replace the item's waiting actions, and the steps that were skipped after the text."""
    for row in [one for one in context.steps.values() if one.status == "waiting"]:
        if row.name in acts:
            reset_step(context, row)
    for row in skipped_steps(context):
        if name in upstream(context.definition, row.name):
            reset_step(context, row)

"""Writing what came of a call, and moving the run on, in one transaction."""

from typing import Any

from approvals.models import Proposal
from audit import outbox
from audit.transitions import move
from audit.verbs import Verb
from tenants import clock
from tenants.actors import SYSTEM
from tenants.errors import DomainError
from workflows.engine import calls, effects
from workflows.engine.advance import LOOK_AGAIN, advance
from workflows.engine.calls import ATTEMPTS, Answer
from workflows.engine.context import Context, load
from workflows.engine.exceptions import raise_exception
from workflows.models import Call
from workflows.steps import generate


def make_call(debt: outbox.Debt) -> outbox.Job | outbox.Later | None:
    """Handler of a call that is owed: the first time, or after a worker died.

    A claim that is not the first means the call may have been made. A model is
    asked again; a tool only if it takes a key, otherwise the effect is in doubt.
    """
    call = Call.objects.select_related("step").filter(pk=debt.object_id).first()
    if call is None or call.status != "intended":
        return None
    context = load(call.run_id)
    if context is None:
        move(call, "lost", actor=SYSTEM, problem="The run ended first.")
        return None
    if context.is_stopped:
        return outbox.Later(LOOK_AGAIN)
    if debt.fence > 1 and call.kind == "tool" and not _takes_key(call):
        answer = Answer(None, 0, problem="A worker stopped in the middle of it.", doubt=True)
        return _write(context, call, answer)
    return calls.job_for(debt, context, call)


def _takes_key(call: Call) -> bool:
    proposal = Proposal.objects.select_related("tool").get(pk=call.request["proposal"])
    return bool(proposal.tool.takes_key)


def settle_call(call: Call, answer: Answer, proposal: Proposal | None = None) -> outbox.Job | None:
    """Journal an answer. The debt was settled by the caller, so the fence held.

    ``call`` is as this worker wrote or read it: whoever holds the lease alone moves it on.
    """
    context = load(call.run_id)
    if context is None:
        _journal(call, answer, "done" if answer.response is not None else "failed")
        effects.record_late(call, answer)
        return None
    return _write(context, call, answer, proposal)


def _write(
    context: Context, call: Call, answer: Answer, proposal: Proposal | None = None
) -> outbox.Job | None:
    step = context.steps[call.step.name] if call.step.item is None else call.step
    if answer.doubt and call.kind == "tool" and _takes_key(call) and call.attempt < ATTEMPTS:
        # The same key again: the tool acts once however often it is asked.
        _journal(call, answer, "failed")
        calls.try_again(call, step)
        return None
    if answer.response is None and answer.again and call.attempt < ATTEMPTS:
        _journal(call, answer, "failed")
        calls.try_again(call, step)
        return None
    status = "in_doubt" if answer.doubt else "failed" if answer.response is None else "done"
    _journal(call, answer, status)
    context.calls = [call if call.pk == known.pk else known for known in context.calls]
    if call.kind == "tool":
        return effects.after(context, step, call, answer, proposal)
    return _model_answered(context, step, call, answer)


def _journal(call: Call, answer: Answer, status: str) -> None:
    tokens_in, tokens_out, cost = answer.usage
    move(
        call,
        status,
        actor=SYSTEM,
        response=answer.response,
        problem=answer.problem,
        millis=answer.millis,
        tokens_in=tokens_in,
        tokens_out=tokens_out,
        cost_micros=cost,
    )


def _model_answered(context: Context, step: Any, call: Call, answer: Answer) -> outbox.Job | None:
    problem = answer.problem
    if answer.response is not None:
        try:
            output = _read(context, step.name, answer.response["text"])
        except DomainError as error:
            problem = error.message
        else:
            move(step, "done", actor=SYSTEM, output=output, ended_at=clock.now())
            return advance(context)
    move(
        step,
        "failed",
        actor=SYSTEM,
        verb=Verb.STEP_FAILED,
        reason=problem,
        note=problem,
        ended_at=clock.now(),
    )
    if step.item is None:  # an item's failure is its step's, once no other item is under way
        raise_exception(context, step.name, f"The draft could not be written. {problem}")
    return advance(context)


def _read(context: Context, name: str, text: str) -> dict[str, Any]:
    settings: generate.Settings = context.definition.step(name).settings
    found = context.output(settings.cite).get("found", []) if settings.cite else []
    return generate.read(text, generate.schema_of(settings, context.definition), found)

"""Exceptions: resolve one by a way out, with a person's value checked against the run's version."""

import json
from dataclasses import replace
from typing import Any
from uuid import UUID

from approvals.decisions.permits import needs_apart
from approvals.decisions.services import Choice, decide
from approvals.models import Decision, ReviewItem
from audit.canonical import parse_json
from tenants import access
from tenants.actors import Actor
from tenants.errors import Forbidden, Invalid
from tenants.models import User
from workflows.exceptions.draft import ExceptionDraft
from workflows.exceptions.ways_out import ANSWERS, WayOut
from workflows.mcp.questions import declined, read_answers
from workflows.models import Run
from workflows.validation.manual_output import output_of
from workflows.validation.parse import parse_published

APART = (
    "You approved this, and your policy keeps those who give it a value from approving it. "
    "Hand it to somebody else, or don't answer."
)


def resolve(item: ReviewItem, chosen: Choice, *, actor: Actor) -> Decision:
    """Decide on an exception by one of its ways out.

    ``chosen.given`` has ``value`` (JSON, or plain text for a step that writes text) for
    "skip", ``to`` (a person's id) for "hand", and the fields of a server's form for "answer".
    Raises Invalid where the value does not fit the step or the form, or the person may not decide
    here; Forbidden for an answer of who approved the action, where its policy keeps both apart;
    else what ``decide`` raises.
    """
    given: dict[str, Any] = {}
    if chosen.reason == WayOut.SKIP:
        given = {"value": _value(item, str(chosen.given.get("value", "")), actor)}
    elif chosen.reason in ANSWERS:
        draft = ExceptionDraft.read(item.draft)
        asked = draft.asked.get("questions", {})
        is_given = chosen.reason == WayOut.ANSWER
        if is_given and draft.item_id and needs_apart(draft.item_id, actor.person_id):
            raise Forbidden(APART, code="apart")
        answers = read_answers(asked, chosen.given) if is_given else declined(asked)
        given = {"answers": json.dumps(answers)}  # as text: it holds numbers of any kind
    elif chosen.reason == WayOut.HAND:
        person = _person(item, str(chosen.given.get("to", "")))
        given = {"to": str(person.pk), "to_name": str(person)}
    decision = decide(item.pk, replace(chosen, given=given), actor=actor)
    assert isinstance(decision, Decision)  # policies are not about exceptions
    return decision


def _value(item: ReviewItem, text: str, actor: Actor) -> Any:
    """Return the value that was typed. Raises Invalid where it does not fit the step."""
    text = text.strip()
    if not text:
        raise Invalid("Write the value that the step should give.", code="no_value")
    value = parse_json(text) if text.startswith(("{", "[", '"')) else {"text": text}
    run = Run.objects.select_related("version").get(pk=item.run_id)
    definition = parse_published(run.version.definition)
    output_of(definition, ExceptionDraft.read(item.draft).step, value, by=actor.label)
    return value


def _person(item: ReviewItem, user_id: str) -> User:
    try:
        wanted = UUID(user_id)
    except ValueError as error:
        raise Invalid("Choose who should look at it.", code="no_person") from error
    for user in access.deciders(item.workflow_id):
        if user.pk == wanted:
            return user
    raise Invalid("Choose somebody who may decide in this workflow.", code="bad_person")

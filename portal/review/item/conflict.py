"""Conflict of a late decision, in words: the decision that came first, its author and its time."""

from approvals.models import DecisionChoice
from approvals.rules.reasons import REASONS
from portal.templatetags.words import moment
from tenants.errors import Conflict, DomainError
from workflows.engine.state.exceptions import WAYS_OUT

APPROVED = (DecisionChoice.ACCEPT, DecisionChoice.CORRECT)
# An undo is asked for and approved by others, so it is no decision that came first.
DECISIONS = frozenset(DecisionChoice.values) - {DecisionChoice.UNDO}


def conflict_in_words(error: DomainError) -> DomainError:
    """Return a Conflict that names the earlier decision, its author and its time.

    Any other error is returned as it is.
    """
    at, choice = error.data.get("at"), error.data.get("choice", "")
    if error.code != "already_decided" or not at or choice not in DECISIONS:
        return error
    when = moment(at)
    reason = error.data.get("reason", "")
    more = REASONS.get(reason) or WAYS_OUT.get(reason, "")
    decision = DecisionChoice(choice)
    did = decision.did
    if decision in APPROVED:
        did, more = "approved this", decision.label
    elif decision is DecisionChoice.AGAIN:
        did = "sent this back"
    said = f"{error.data['by']} {did} {'at' if len(when) == 5 else 'on'} {when}"
    said += f": {more[:1].lower()}{more[1:]}." if more else "."
    return Conflict(said, code=error.code, **error.data)

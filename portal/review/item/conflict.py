"""Conflict of a late decision, in words: the decision that came first, its author and its time."""

from approvals.models import DecisionChoice
from approvals.models.choices import WAITING_CHOICES
from approvals.rules.reasons import REASONS
from portal.templatetags.words import moment
from tenants.errors import Conflict, DomainError
from workflows.exceptions.ways_out import way_out_label

APPROVED = (DecisionChoice.ACCEPT, DecisionChoice.CORRECT)


def conflict_in_words(error: DomainError) -> DomainError:
    """Return a Conflict that names the earlier decision, its author and its time.

    Any other error is returned as it is.
    """
    at, choice = error.data.get("at"), error.data.get("choice", "")
    if error.code != "already_decided" or not at or choice not in WAITING_CHOICES:
        return error
    when = moment(at)
    reason = error.data.get("reason", "")
    more = REASONS.get(reason) or way_out_label(reason)
    decision = DecisionChoice(choice)
    did = decision.did
    if decision in APPROVED:
        did, more = "approved this", decision.label
    elif decision is DecisionChoice.AGAIN:
        did = "sent this back"
    said = f"{error.data['by']} {did} {'at' if len(when) == 5 else 'on'} {when}"
    said += f": {more[:1].lower()}{more[1:]}." if more else "."
    return Conflict(said, code=error.code, **error.data)

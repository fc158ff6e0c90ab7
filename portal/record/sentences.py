"""Sentences for the record: one phrase for each verb. Pure."""

from collections import defaultdict
from typing import Any

from audit.verbs import Verb

# Each phrase follows the actor's name. {object} is the object's name when the event was
# recorded. Other fields come from the event's ``after``; with was_ they come from ``before``.
PHRASES: dict[Verb, str] = {
    Verb.TENANT_MADE: "made the client {object}",
    Verb.TENANT_CHANGED: "changed the settings of {object}",
    Verb.TENANT_STOPPED: "stopped everything",
    Verb.TENANT_RESUMED: "let everything go on",
    Verb.PERSON_INVITED: "invited {object} as {role}",
    Verb.PERSON_JOINED: "joined as {role}",
    Verb.PERSON_ROLE_CHANGED: "changed the role of {object} from {was_role} to {role}",
    Verb.PERSON_LEFT: "ended the membership of {object}",
    Verb.STAFF_ASSIGNED: "assigned staff: {object}",
    Verb.STAFF_UNASSIGNED: "ended an assignment: {object}",
    Verb.INVITATION_WITHDRAWN: "withdrew the invitation of {object}",
    Verb.GRANT_GIVEN: "let {to} decide in {object}",
    Verb.GRANT_TAKEN: "no longer lets {was_to} decide in {object}",
    Verb.KEY_MADE: "made the API key {object}",
    Verb.KEY_REVOKED: "revoked the API key {object}",
    Verb.SECRET_SET: "set the secret {object}",
    Verb.SECRET_EXCHANGED: "exchanges the secret {object}: the former value serves until {until}",
    Verb.SECRET_FORMER_GONE: "removed the former value of the secret {object}",
    Verb.CONNECTION_ADDED: "added the connection {object} to {address}",
    Verb.CONNECTION_CHANGED: "changed the connection {object}",
    Verb.CONNECTION_CONNECTED: "connected {object} through {issuer}",
    Verb.CONNECTION_LOST: "saw that {object} has to be connected again",
    Verb.CONNECTION_ENDED: "ended the connection {object}",
    Verb.CONNECTION_DELETED: "deleted the connection {object}, which was to {address}",
    Verb.SOURCE_ADDED: "added the source {object}",
    Verb.SOURCE_CHANGED: "changed the source {object}",
    Verb.SOURCE_REVISED: "uploaded revision {revision} of {object}",
    Verb.SOURCE_VERIFIED: "confirmed that {object} is still true",
    Verb.TOOL_ADDED: "added the tool {object}",
    Verb.TOOL_CHANGED: "changed the tool {object}",
    Verb.POLICY_ADDED: "set a policy: {policy}",
    Verb.POLICY_CHANGED: "changed a policy: {policy}",
    Verb.POLICY_REMOVED: "removed a policy: {was_policy}",
    Verb.AWAY_SET: "set {person} out of office from {first} to {last}",
    Verb.AWAY_ENDED: "ended the out of office of {person}",
    Verb.RULE_ADDED: "added a never-rule: {rule}",
    Verb.RULE_REMOVED: "removed a never-rule: {was_rule}",
    Verb.BUDGET_SET: "set a budget of {budget} for {whose}; beyond it, {then}",
    Verb.BUDGET_REMOVED: "removed the budget of {was_budget} for {was_whose}",
    Verb.BUDGET_WARNED: "saw that the budget of {budget} is nearly used up",
    Verb.BUDGET_STOPPED: "held a call: the budget of {budget} is used up",
    Verb.SERVER_ADDED: "added the server {object}, whose tools are off at first",
    Verb.SERVER_CHANGED: "changed the server {object}",
    Verb.SERVER_DIFFERS: "saw that the server {object} offers something else than before",
    Verb.MAILBOX_ADDED: "added the mailbox {object}",
    Verb.MAILBOX_CHANGED: "changed the mailbox {object}",
    Verb.MAILBOX_FAILING: "could not read the mailbox {object}: {problem}",
    Verb.MAILBOX_WORKS: "could read the mailbox {object} again",
    Verb.WORKFLOW_MADE: "made the workflow {object}",
    Verb.WORKFLOW_CHANGED: "changed the workflow {object}",
    Verb.WORKFLOW_PAUSED: "paused {object}",
    Verb.WORKFLOW_RESUMED: "let {object} go on",
    Verb.WORKFLOW_DRILL_BEGUN: "began a drill of version {version} of {object}",
    Verb.WORKFLOW_DRILLED: "drilled version {version} of {object}: {result}",
    Verb.VERSION_PUBLISHED: "published version {version} of {object}",
    Verb.RUN_STARTED: "started a run of {workflow}",
    Verb.RUN_TOLD: "told a run of the event {event}",
    Verb.RUN_FINISHED: "finished a run",
    Verb.RUN_FAILED: "gave up on a run",
    Verb.RUN_CANCELLED: "cancelled a run",
    Verb.RUN_PAUSED: "paused a run",
    Verb.RUN_RESUMED: "let a run go on",
    Verb.RUN_RERUN: "ran it again from the step {from_step}",
    Verb.STEP_REFUSED: "refused the step {object}",
    Verb.STEP_FAILED: "failed at the step {object}",
    Verb.STEP_FELL_BACK: "used a fallback at the step {object}: {fallback}",
    Verb.STEP_GIVEN: "gave the step {object} a value",
    Verb.CIRCUIT_OPENED: "holds calls to {object}, which failed {failures} times in a row",
    Verb.CIRCUIT_CLOSED: "lets calls to {object} through again",
    Verb.ITEM_OPENED: "asked for a review: {object}",
    Verb.ITEM_ACCEPTED: "accepted as written: {object}",
    Verb.ITEM_CORRECTED: "accepted after an edit: {object}",
    Verb.ITEM_REJECTED: "rejected: {object}",
    Verb.ITEM_TAKEN_OVER: "took over: {object}",
    Verb.ITEM_EXPIRED: "closed, as nobody decided in time: {object}",
    Verb.ITEM_CANCELLED: "withdrew from review: {object}",
    Verb.PROPOSAL_MADE: "proposed an action: {object}",
    Verb.PROPOSAL_APPROVED: "approved the action {object}",
    Verb.PROPOSAL_CLOSED: "closed the action {object} without doing it",
    Verb.PERMIT_REFUSED: "refused to carry out {object}",
    Verb.EFFECT_STARTED: "began to carry out {object}",
    Verb.EFFECT_DONE: "carried out {object}",
    Verb.EFFECT_FAILED: "could not carry out {object}",
    Verb.EFFECT_IN_DOUBT: "does not know whether this happened: {object}",
    Verb.EFFECT_UNDONE: "undid {object}",
    Verb.ITEM_SENT_BACK: "sent back for another attempt: {object}",
    Verb.ITEM_TAKEN_BACK: "took back what they decided: {object}",
    Verb.ITEM_SIGNED: "approved, and {needs} more must: {object}",
    Verb.ITEM_REVISED: "edited what others must agree to: {object}",
    Verb.ITEM_ESCALATED: "asked the backup too: {object}",
    Verb.ITEM_REMINDED: "reminded those who may decide: {object}",
    Verb.ITEM_STRANDED: "found nobody who may decide: {object}",
    Verb.ITEM_SNOOZED: "put off until {until}: {object}",
    Verb.ITEM_WOKEN: "took up again: {object}",
    Verb.ITEM_ASKED: "asked {asked} about {object}",
    Verb.ITEM_ANSWERED: "answered about {object}",
    Verb.ITEM_UNDO_ASKED: "asked for “{object}”",
    Verb.EXCEPTION_RAISED: "asked for help: {object}",
    Verb.EXCEPTION_RESOLVED: "resolved: {object}",
    Verb.FILTER_SAVED: "saved the filter “{object}” of the queue",
    Verb.FILTER_REMOVED: "removed the filter “{object}” of the queue",
    Verb.SECOND_LOOKS_SET: "set second looks to {percent} of 100 accepted items",
    Verb.LOOK_ASKED: "asked for a second look at: {object}",
    Verb.LOOK_AGREED: "looked a second time and agreed: {object}",
    Verb.LOOK_DISAGREED: "looked a second time and would reject: {object}",
    Verb.PLANTING_AGREED: "agreed that mistakes may be planted",
    Verb.PLANTING_WITHDRAWN: "no longer agrees that mistakes are planted",
    Verb.MISTAKE_PLANTED: "planted a mistake",
    Verb.MISTAKE_CAUGHT: "caught the planted mistake in: {object}",
    Verb.MISTAKE_MISSED: "accepted the planted mistake in: {object}",
    Verb.MISTAKE_LEFT: "took over an item with a planted mistake: {object}",
    Verb.MISTAKE_CLOSED: "withdrew an item with a planted mistake: {object}",
    Verb.REPORT_MADE: "made the weekly report: {object}",
    Verb.REPORT_SENT: "sent the weekly report: {object}",
    Verb.MAIL_SENT: "sent a mail: {object}",
    Verb.MAIL_IN_DOUBT: "does not know whether this mail was sent: {object}",
}

FAMILIES = {
    "item": "Reviews",
    "proposal": "Actions asked for",
    "effect": "Actions carried out",
    "permit": "Permits refused",
    "exception": "Exceptions",
    "run": "Runs",
    "step": "Steps",
    "circuit": "Calls held",
    "workflow": "Workflows",
    "version": "Versions",
    "source": "Sources",
    "mailbox": "Mailboxes",
    "tool": "Tools",
    "server": "Servers of tools",
    "rule": "Never-rules",
    "policy": "Policies",
    "budget": "Budgets",
    "away": "Out of office",
    "person": "People",
    "invitation": "Invitations",
    "grant": "Grants",
    "staff": "Provider staff",
    "key": "API keys",
    "secret": "Secrets",
    "connection": "Connections",
    "tenant": "The business",
    "filter": "Saved filters",
    "quality": "Approval quality",
    "report": "Reports",
    "mail": "Mails",
}


def event_sentence(
    verb: str, label: str, before: dict[str, Any] | None, after: dict[str, Any] | None
) -> str:
    """Return an event as a phrase that follows the actor's name.

    For a verb that ends in ``.changed`` the changed fields are added. An unknown field reads "…".
    """
    fields: dict[str, str] = defaultdict(lambda: "…", object=label or "something")
    fields |= {f"was_{name}": _plain(value) for name, value in (before or {}).items()}
    fields |= {name: _plain(value) for name, value in (after or {}).items() if name != "object"}
    known = Verb(verb)
    said = PHRASES[known].format_map(fields)
    return f"{said}{_changes(before, after)}" if known.value.endswith(".changed") else said


def _changes(before: dict[str, Any] | None, after: dict[str, Any] | None) -> str:
    """Return the fields that changed, each with its old and its new value."""
    before, after = before or {}, after or {}
    changed = [name for name in after if before.get(name) != after[name]]
    said = [
        f"{name.replace('_', ' ')} from {_plain(before.get(name))} to {_plain(after[name])}"
        for name in changed
    ]
    return f": {'; '.join(said)}" if said else ""


def _plain(value: Any) -> str:
    match value:
        case None | "":
            return "nothing"
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(map(_plain, value)) or "nothing"
    return str(value).replace("_", " ") if not isinstance(value, dict) else "other settings"

"""Never-rules of a tenant are added and removed here."""

from uuid import UUID

from approvals.gate.tools import known_tools, live_tools
from approvals.models import NeverRule
from approvals.rules.never import Rule, check
from audit.services import record
from audit.verbs import Verb
from tenants import access
from tenants.actors import Actor
from tenants.db.lookup import get_or_not_found
from tenants.roles import Capability


def add_rule(rule: Rule, *, actor: Actor) -> NeverRule:
    """Add a never-rule. Raises Forbidden, and Invalid for a rule that can match nothing."""
    access.require(actor, Capability.CONFIGURE)
    check(rule, known_tools(live_tools()))
    stored = NeverRule(
        tool=rule.tool,
        kind=rule.kind,
        condition=rule.condition,
        text=rule.text,
        why=rule.why,
        made_by_id=actor.person_id,
    )
    stored.save(force_insert=True)
    record(Verb.RULE_ADDED, stored, actor=actor, after={"rule": rule.sentence()})
    return stored


def remove_rule(rule_id: UUID, *, actor: Actor) -> None:
    """Remove a never-rule. Raises Forbidden, NotFound."""
    access.require(actor, Capability.CONFIGURE)
    stored = get_or_not_found(NeverRule.objects.all(), "rule", pk=rule_id)
    record(Verb.RULE_REMOVED, stored, actor=actor, before={"rule": stored.rule().sentence()})
    stored.delete()

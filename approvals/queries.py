"""Rows for a decision and its effects are read here, each set in one statement.

Row-level security selects the tenant's rows; the joins name the tenant as well, so that they use
its indexes.
"""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from approvals.models import Decision, NeverRule, Permit, Policy, Proposal, ReviewItem, Tool
from approvals.rules.policy_terms import Person, PolicyTerms
from approvals.workflow_lookup import lookup
from tenants import access, clock
from tenants.actors import Actor
from tenants.db.hydrate import all_from_json, from_json
from tenants.db.statements import SqlStatement, json_value
from tenants.errors import NotFound
from tenants.models import Provider, Source, Tenant, User
from tenants.wall import TENANT_SQL

POLICIES = "(SELECT json_agg(to_json(p) ORDER BY p.position) FROM approvals_policy p)"

TENANT_RULES = f"""json_build_object(
    'provider', (SELECT to_json(p) FROM tenants_provider p),
    'tenant', (SELECT to_json(t) FROM tenants_tenant t WHERE t.id = {TENANT_SQL}),
    'never', (SELECT json_agg(to_json(n) ORDER BY n.id) FROM approvals_neverrule n),
    'policies', {POLICIES})"""

_PROPOSALS = """(
    SELECT json_agg(json_build_object('row', to_json(p), 'tool', to_json(t))
                    ORDER BY p.position, p.revision)
    FROM approvals_proposal p
    JOIN approvals_tool t ON t.tenant_id = p.tenant_id AND t.id = p.tool_id
    WHERE p.tenant_id = i.tenant_id AND p.item_id = i.id)"""

_USED = """(
    SELECT json_agg(json_build_object('id', r.id, 'source', to_json(s)))
    FROM tenants_revision r
    JOIN tenants_source s ON s.tenant_id = r.tenant_id AND s.id = r.source_id
    WHERE r.tenant_id = i.tenant_id AND r.id IN (
        SELECT jsonb_array_elements_text(p.sources)::uuid FROM approvals_proposal p
        WHERE p.tenant_id = i.tenant_id AND p.item_id = i.id))"""

_SECRETS = """(
    SELECT json_agg(s.name) FROM tenants_secret s WHERE s.tenant_id = i.tenant_id)"""

# The upper app registers the SQL expression for the workflow, so it is filled in at the first use.
WORKFLOW = "(registered)"

# An item is read with what a decision about it needs, and the rules of its tenant.
# ``to_jsonb(u) - 'password'``: password hashes never leave the database.
_CASE_TO_DECIDE = f"""
SELECT json_build_object(
    'item', to_json(i), 'proposals', {_PROPOSALS}, 'used', {_USED}, 'secrets', {_SECRETS},
    'workflow', {WORKFLOW},
    'decided_by', (SELECT to_jsonb(u) - 'password' FROM tenants_user u
                   WHERE u.id = i.decided_by_id))::text AS found, ({TENANT_RULES})::text AS rules
FROM approvals_reviewitem i WHERE i.id = %(item)s
"""

# An item ``i`` with what performing its actions needs.
CASE_TO_PERFORM = f"""json_build_object(
    'item', to_json(i), 'proposals', {_PROPOSALS}, 'used', {_USED},
    'decision', (SELECT to_json(d) FROM approvals_decision d
                 WHERE d.tenant_id = i.tenant_id AND d.item_id = i.id
                 AND d.round = i.round),
    'permits', (SELECT json_agg(to_json(m)) FROM approvals_permit m
                JOIN approvals_proposal p ON p.tenant_id = m.tenant_id AND p.id = m.proposal_id
                WHERE p.tenant_id = i.tenant_id AND p.item_id = i.id AND m.void_because = ''),
    'secrets', {_SECRETS},
    'approver', (SELECT json_build_object(
        'user', to_jsonb(u) - 'password',
        'role', (SELECT b.role FROM tenants_membership b
                 WHERE b.user_id = u.id AND b.tenant_id = i.tenant_id AND b.is_active),
        'assigned', EXISTS (SELECT FROM tenants_assignment a
                            WHERE a.user_id = u.id AND a.tenant_id = i.tenant_id))
        FROM tenants_user u WHERE u.id = i.decided_by_id))::text"""

# An item is read with what performing its actions needs.
_CASE_OF_ITEM = SqlStatement(
    f"SELECT {CASE_TO_PERFORM} FROM approvals_reviewitem i WHERE i.id = %(item)s", json_value
)

# The people who may decide in a workflow are read, and the enabled tools of these names.
_DECIDERS_AND_TOOLS = SqlStatement(
    f"""
SELECT json_build_object('deciders', {access.DECIDERS}, 'tools', (
    SELECT json_agg(to_json(t)) FROM approvals_tool t
    WHERE t.tenant_id = {TENANT_SQL} AND t.enabled AND t.name = ANY(%(tools)s)))::text
""",
    json_value,
    apart=True,
)

# The client's people are read, those who are away on this day, and the policies.
_PEOPLE = SqlStatement(
    f"""
SELECT json_build_object('people', {access.MEMBERS}, 'policies', {POLICIES}, 'away', (
    SELECT json_agg(json_build_object('person', a.person_id, 'stand_in', a.stand_in_id))
    FROM approvals_absence a
    JOIN tenants_tenant t ON t.id = a.tenant_id
    WHERE a.tenant_id = {TENANT_SQL}
    AND (%(now)s::timestamptz AT TIME ZONE t.timezone)::date BETWEEN a.first AND a.last))::text
""",
    json_value,
)

# The rules of the current tenant are read.
_TENANT_RULES = SqlStatement(f"SELECT ({TENANT_RULES})::text", str)

_preloaded: ContextVar[dict[UUID, Any]] = ContextVar("handrail_to_perform")


@dataclass(frozen=True, slots=True)
class DecidersAndTools:
    """The people who may decide in a workflow now, and enabled tools by name."""

    deciders: list[User]
    tools: dict[str, Tool]


@dataclass(frozen=True, slots=True)
class TenantRules:
    """The rules of a tenant: provider, tenant, never-rules, and policies in their order."""

    provider: Provider | None
    tenant: Tenant
    never: tuple[NeverRule, ...]
    policies: tuple[PolicyTerms, ...] = ()


@dataclass(frozen=True, slots=True)
class People:
    """The client's people, each with their granted workflows; who is away; and the policies.

    ``away`` maps a person to their stand-in, or to None.
    """

    everyone: list[tuple[Person, frozenset[UUID]]]
    away: dict[UUID, UUID | None]
    policies: tuple[PolicyTerms, ...]

    def as_of(self, workflow_id: UUID | None) -> tuple[Person, ...]:
        """Return the people with ``granted`` set for this workflow."""
        return tuple(replace(one, granted=workflow_id in given) for one, given in self.everyone)

    def as_if_granted(self) -> tuple[Person, ...]:
        """Return the people as if each approver had been granted every workflow."""
        return tuple(replace(one, granted=True) for one, _ in self.everyone)


@dataclass(frozen=True, slots=True)
class Case:
    """A review item with its proposals and the rows a decision about them needs.

    ``sources`` are by the id of the revision used; ``permits``, without void ones, by proposal id.
    ``approver`` is an Actor with what the person who decided may do now. ``secrets`` are the names
    of the tenant's secrets. ``workflow`` is what the registered lookup reads. ``known`` are the ids
    of items that did the same actions before, as the person who decides was told.
    """

    item: ReviewItem
    proposals: list[Proposal]
    sources: dict[str, Source]
    decision: Decision | None = None
    permits: dict[UUID, Permit] = field(default_factory=dict)
    approver: Actor | None = None
    tenant_rules: TenantRules | None = None
    secrets: frozenset[str] = frozenset()
    workflow: Any = None
    known: frozenset[UUID] = frozenset()


# The key is the text itself, so a changed rule never finds a stale entry.
@lru_cache(maxsize=1024)
def tenant_rules_from(text: str) -> TenantRules:
    """Return the rules from JSON with the rows ``provider``, ``tenant``, ``never`` and
    ``policies``.

    Cached: the same text gives the same objects, so callers must not change them.
    """
    found = json.loads(text)
    provider = found["provider"] and from_json(Provider, found["provider"])
    never = all_from_json(NeverRule, found["never"])
    policies = tuple(one.terms() for one in all_from_json(Policy, found["policies"]))
    return TenantRules(provider, from_json(Tenant, found["tenant"]), tuple(never), policies)


def tenant_rules() -> TenantRules:
    """Read the rules of the current tenant."""
    (rules,) = _TENANT_RULES.rows()
    return tenant_rules_from(rules)


def deciders_and_tools(workflow_id: UUID, tools: Iterable[str] = ()) -> DecidersAndTools:
    """Read who may decide in a workflow now, and the enabled ``tools`` by name."""
    (found,) = _DECIDERS_AND_TOOLS.rows(workflow=workflow_id, tools=list(tools))
    named = {tool.name: tool for tool in all_from_json(Tool, found["tools"])}
    return DecidersAndTools(all_from_json(User, found["deciders"]), named)


def people() -> People:
    """Read the client's people, who is away today in the client's time zone, and the policies."""
    (found,) = _PEOPLE.rows(now=clock.now())
    return People(
        [_person(row) for row in found["people"] or ()],
        {UUID(row["person"]): _id(row["stand_in"]) for row in found["away"] or ()},
        tuple(one.terms() for one in all_from_json(Policy, found["policies"])),
    )


def _person(row: dict[str, Any]) -> tuple[Person, frozenset[UUID]]:
    name = row["name"] or row["email"]
    given = frozenset(UUID(one) for one in row["given"] or ())
    return Person(UUID(row["id"]), name, row["email"], row["role"]), given


def _id(text: str | None) -> UUID | None:
    return UUID(text) if text else None


def get_case(item_id: UUID) -> Case:
    """Return an item with what a decision about it needs. Raises NotFound."""
    row = _case_to_decide().row(item=item_id)
    if row is None:
        raise NotFound.of("item")
    found, rules = json.loads(row.found), tenant_rules_from(row.rules)
    case = _case(found, tenant_rules=rules, workflow=found["workflow"])
    case.item.decided_by = found["decided_by"] and from_json(User, found["decided_by"])
    return case


class _CaseToDecide(NamedTuple):
    found: str
    rules: str


@cache
def _case_to_decide() -> SqlStatement[_CaseToDecide]:
    return SqlStatement(_CASE_TO_DECIDE.replace(WORKFLOW, lookup().sql), _CaseToDecide)


def case_to_perform(item_id: UUID) -> Case | None:
    """Read an item with what performing its actions needs; None where there is no such item.

    Inside ``keep_cases`` the first call for an item takes the case from there.
    """
    # Popped, so that a second call in the block reads the rows as they are then.
    found = _preloaded.get({}).pop(item_id, None) or _CASE_OF_ITEM.row(item=item_id)
    if not found:
        return None
    permits = all_from_json(Permit, found["permits"])
    return _case(
        found,
        decision=found["decision"] and from_json(Decision, found["decision"]),
        permits={permit.proposal_id: permit for permit in permits},
        approver=_actor(found["approver"]),
    )


@contextmanager
def keep_cases(found: list[dict[str, Any]]) -> Iterator[None]:
    """Cases that were read are there inside the block: ``case_to_perform`` takes each once."""
    token = _preloaded.set({UUID(row["item"]["id"]): row for row in found})
    try:
        yield
    finally:
        _preloaded.reset(token)


def _case(found: dict[str, Any], **more: Any) -> Case:
    item = from_json(ReviewItem, found["item"])
    sources = {row["id"]: from_json(Source, row["source"]) for row in found["used"] or ()}
    proposals = [_proposal(item, row) for row in found["proposals"] or ()]
    return Case(item, proposals, sources, secrets=frozenset(found["secrets"] or ()), **more)


def _proposal(item: ReviewItem, row: dict[str, Any]) -> Proposal:
    proposal = from_json(Proposal, row["row"])
    proposal.item, proposal.tool = item, from_json(Tool, row["tool"])
    return proposal


def _actor(found: dict[str, Any] | None) -> Actor | None:
    if found is None:
        return None
    user = from_json(User, found["user"])
    return access.actor_as(user, role=found["role"], assigned=found["assigned"])

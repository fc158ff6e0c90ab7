"""Context of the policies page: policies in words, working hours and absences."""

from dataclasses import dataclass
from typing import Any

from approvals import queries
from approvals.gate.tools import live_tools
from approvals.models import Absence, Policy, Tool
from approvals.rules.amounts import unreadable_in
from approvals.rules.policy_sentences import Names, sentence, summary
from approvals.rules.policy_terms import Board, PolicyTerms
from portal.policies.forms import AwayForm, HoursForm, PolicyForm, TakeBackForm
from portal.quality.forms import ShareForm
from tenants import access, clock
from tenants.actors import Actor
from tenants.models import Tenant
from tenants.roles import Capability
from workflows import selectors

MOST_WORKFLOWS = 200


@dataclass(frozen=True, slots=True)
class PolicyLine:
    """Policy of the list. ``nobody``: the present people can't meet it.

    ``unreadable`` are the titles of tools whose amounts a policy on amounts can't read.
    """

    policy: Policy
    summary: str
    sentence: str
    nobody: bool
    unreadable: str = ""


@dataclass(frozen=True, slots=True)
class PolicyNames:
    """People, workflows, kinds and tools that policies of the tenant may name."""

    tenant: Tenant
    people: queries.People
    names: Names
    kinds: list[str]
    tools: list[Tool]

    def form(self, data: Any = None, policy: Policy | None = None) -> PolicyForm:
        """Return the form of a new policy, or of a stored one."""
        return PolicyForm(
            data,
            tenant=self.tenant,
            names=self.names,
            people=[one for one, _ in self.people.everyone],
            kinds=self.kinds,
            terms=policy.terms() if policy else None,
            # The list's page has several forms, so ids of fields must differ for their labels.
            auto_id=f"id_{policy.pk.hex}_%s" if policy else "id_%s",
        )


def policy_names(tenant: Tenant) -> PolicyNames:
    """Load the names that policies of this tenant may use."""
    people = queries.people()
    tools = [tool for tool in live_tools() if tool.kind]
    names = Names(
        people={one.id: one.name for one, _ in people.everyone},
        workflows={w.pk: w.title for w in selectors.workflows()[:MOST_WORKFLOWS]},
        tools={tool.name: tool.title for tool in tools},
        locale=tenant.locale,
    )
    kinds = sorted({tool.kind for tool in tools if tool.kind})
    return PolicyNames(tenant, people, names, kinds, tools)


def unreadable(found: PolicyNames, terms: PolicyTerms) -> str:
    """Return titles of tools without a readable amount: a policy on amounts always fits them."""
    if terms.over is None:
        return ""
    return ", ".join(
        tool.title
        for tool in found.tools
        if terms.tool in ("", tool.name)
        and terms.kind in ("", tool.kind)
        and unreadable_in(tool.kind or "", tool.args_schema)
    )


def context(found: PolicyNames, actor: Actor) -> dict[str, Any]:
    """Return the page's context; a view replaces a form that has errors."""
    may = access.may(actor, Capability.SET_POLICIES)
    everyone = [one for one, _ in found.people.everyone]
    today = clock.now().astimezone(found.tenant.week.zone).date()
    stored = found.tenant.working_hours
    hours = {**stored, "days": [str(day) for day in stored["days"]]}
    decides = any(one.id == actor.id and one.may_decide for one in everyone)
    return {
        "lines": _lines(found),
        "may_manage": may,
        "week": found.tenant.week.sentence(),
        "zone": found.tenant.timezone,
        "form": found.form() if may else None,
        "share_form": ShareForm(initial={"percent": found.tenant.second_looks})
        if may and actor.kind == "person"
        else None,
        "hours_form": HoursForm(initial=hours) if may else None,
        "take_back_seconds": found.tenant.take_back_seconds,
        "take_back_form": TakeBackForm(initial={"seconds": found.tenant.take_back_seconds})
        if may
        else None,
        "away_form": AwayForm(people=everyone, only=None if may else actor.id)
        if may or decides
        else None,
        "absences": Absence.objects.filter(last__gte=today)
        .select_related("person", "stand_in")
        .order_by("first", "id")[:200],
    }


def _lines(found: PolicyNames) -> list[PolicyLine]:
    everyone = found.people.as_if_granted()
    lines = []
    for policy in Policy.objects.order_by("position"):
        terms = policy.terms()
        board = Board(everyone, found.people.away, escalated=True)
        said = sentence(terms, found.names)
        is_met = board.is_possible(terms)
        lines.append(
            PolicyLine(
                policy, summary(terms, found.names), said, not is_met, unreadable(found, terms)
            )
        )
    return lines

"""What the page of policies shows: the list in words, working hours, who is away."""

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
    """A policy of the list. ``nobody``: it can't be met by those who are here.

    ``unreadable`` are the tools whose amounts it can't read, where it is about amounts.
    """

    policy: Policy
    summary: str
    sentence: str
    nobody: bool
    unreadable: str = ""


@dataclass(frozen=True, slots=True)
class PolicyNames:
    """What policies may name here."""

    tenant: Tenant
    people: queries.People
    names: Names
    kinds: list[str]
    tools: list[Tool]

    def form(self, data: Any = None, policy: Policy | None = None) -> PolicyForm:
        """The form of a new policy, or of this one."""
        return PolicyForm(
            data,
            tenant=self.tenant,
            names=self.names,
            people=[one for one, _ in self.people.everyone],
            kinds=self.kinds,
            terms=policy.terms() if policy else None,
            # Several forms stand on the page of the list, each with labels of its own.
            auto_id=f"id_{policy.pk.hex}_%s" if policy else "id_%s",
        )


def policy_names(tenant: Tenant) -> PolicyNames:
    """Read what policies of this client may name."""
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
    """The tools that a policy on amounts takes for over it each time, by title."""
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
    """Everything on the page but the forms that need another look."""
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

"""A policy is written as a sentence, for the page that edits it and above its items. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from approvals.rules.phrases import money
from approvals.rules.policy_terms import Group, PolicyTerms
from tenants.text.sentences import joined_by_and, joined_by_or

# Kinds of write in the plural, as the beginning of a sentence.
PLURALS = {
    "send": "Messages",
    "publish": "Publications",
    "purchase": "Purchases",
    "refund": "Refunds",
    "reprice": "Changes of price",
    "delete": "Deletions",
    "edit": "Changes",
    "commit": "Commitments",
}
ROLES = {"owner": ("an owner", "owners"), "approver": ("an approver", "approvers")}
NUMBERS = ("", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


@dataclass(frozen=True, slots=True)
class Names:
    """The names of ids: people, workflows, and titles of tools by name."""

    people: Mapping[UUID, str] = field(default_factory=dict)
    workflows: Mapping[UUID, str] = field(default_factory=dict)
    tools: Mapping[str, str] = field(default_factory=dict)
    locale: str = "en_US"


def sentence(terms: PolicyTerms, names: Names) -> str:
    """Return the whole policy: what it is about, who decides, and what happens with time."""
    parts = [f"{_subject(terms, names)} need {needs(terms, names)}"]
    if terms.backup and terms.backup_after is not None:
        more = _any_of(terms.backup, names)
        are = "are" if " or " in more or "owners" in more else "is"
        hours = _hours(terms.backup_after)
        parts.append(f"after {hours} {more} {are} asked too")
    if terms.hours is not None:
        again = str(terms.hours) if len(parts) > 1 else _hours(terms.hours)
        parts.append(f"after {again} it expires and nothing is done")
    if terms.at_end == "raise":
        parts.append("an action that expired becomes an exception for the workflow's owner")
    said = "; ".join(parts) + "."
    if terms.refuse_same:
        said += " What was done before is refused."
    return f"{said} Who asked for it or edited it does not count." if terms.apart else said


def summary(terms: PolicyTerms, names: Names) -> str:
    """Return the policy in one line: "One approval by an owner or Dana for refunds over $25.00"."""
    asked: list[str] = []
    for group in terms.groups:
        noun = "" if asked else " approval" if group.needed == 1 else " approvals"
        asked.append(f"{_number(group.needed)}{noun} by {_any_of(group, names)}")
    said, subject = joined_by_and(asked), _subject(terms, names)
    return f"{said[0].upper()}{said[1:]} for {subject[0].lower()}{subject[1:]}"


def needs(terms: PolicyTerms, names: Names) -> str:
    """Return who has to say yes: "an owner or Dana", "two of the owners, Dana and Sam"."""
    return ", and ".join(_who(group, names) for group in terms.groups)


def _who(group: Group, names: Names) -> str:
    if group.needed == 1:
        return _any_of(group, names)
    listed = [f"the {ROLES[role][1]}" for role in group.roles] + _named(group, names)
    return f"{_number(group.needed)} of {joined_by_and(listed)}"


def _number(count: int) -> str:
    return NUMBERS[count] if count < len(NUMBERS) else str(count)


def _any_of(group: Group, names: Names) -> str:
    listed = [ROLES[role][0] for role in group.roles] + _named(group, names)
    return joined_by_or(listed) or "nobody"


def _named(group: Group, names: Names) -> list[str]:
    return [names.people.get(one, "somebody who left") for one in group.people]


def _subject(terms: PolicyTerms, names: Names) -> str:
    if terms.tool:
        what = f"Uses of {names.tools.get(terms.tool, terms.tool)}"
    else:
        what = PLURALS.get(terms.kind, terms.kind.capitalize()) if terms.kind else ""
    if terms.over is not None:
        amount = money({"value": terms.over, "currency": terms.currency}, names.locale)
        what = f"{what or 'Amounts'} over {amount}"
    if terms.workflow_id is None:
        return what or "All things"
    title = names.workflows.get(terms.workflow_id, "a workflow that is gone")
    return f"{what} in {title}" if what else f"All things in {title}"


def _hours(count: int) -> str:
    return "1 working hour" if count == 1 else f"{count} working hours"

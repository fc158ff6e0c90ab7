"""Forms of policies, working hours, the take-back time and absences."""

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any
from uuid import UUID

from babel.numbers import get_currency_precision
from django import forms

from approvals.models.policies import AT_END
from approvals.rules.policy_sentences import PLURALS, Names
from approvals.rules.policy_terms import Group, Person, PolicyTerms
from tenants.business_hours import DAYS
from tenants.ids import uuid7
from tenants.models import Tenant
from tenants.models.tenant import LONGEST_TAKE_BACK

AMOUNT = re.compile(r"^\d{1,12}(\.\d{1,4})?$", re.ASCII)
ROLES = {"owner": "Any owner", "approver": "Any approver of the workflow"}
Boxes = forms.CheckboxSelectMultiple


class PolicyForm(forms.Form):
    """Form of a policy: the actions it fits, the people who must say yes, and its times."""

    workflow = forms.ChoiceField(label="Workflow", required=False)
    kind = forms.ChoiceField(label="What it does", required=False)
    tool = forms.ChoiceField(label="With the tool", required=False)
    over = forms.CharField(label="Only amounts over", required=False, max_length=20)
    who = forms.MultipleChoiceField(label="Who says yes", widget=Boxes)
    needed = forms.IntegerField(label="How many of them", min_value=1, max_value=9, initial=1)
    also = forms.MultipleChoiceField(
        label="And one of these (optional)", required=False, widget=Boxes
    )
    apart = forms.BooleanField(label="Who asked for it or edited it does not count", required=False)
    refuse_same = forms.BooleanField(label="What was done before is refused", required=False)
    hours = forms.IntegerField(
        label="Working hours to decide in",
        help_text="After that it expires and nothing is done. Empty: as the workflow says.",
        required=False,
        min_value=1,
    )
    at_end = forms.ChoiceField(
        label="If nobody decides in time", choices=AT_END, required=False, initial="close"
    )
    backup = forms.MultipleChoiceField(
        label="Who is asked too if nobody decides (optional)", required=False, widget=Boxes
    )
    backup_after = forms.IntegerField(
        label="They are asked after so many working hours", required=False, min_value=1
    )

    def __init__(
        self,
        data: Any = None,
        *,
        tenant: Tenant,
        names: Names,
        people: Iterable[Person],
        kinds: Iterable[str],
        terms: PolicyTerms | None = None,
        auto_id: str = "id_%s",
    ) -> None:
        super().__init__(data, auto_id=auto_id, initial=_initial(terms) if terms else None)
        self.tenant, self.terms_before = tenant, terms
        anyone = [*ROLES.items(), *((str(p.id), p.name) for p in people if p.may_decide)]
        choices: dict[str, list[tuple[str, str]]] = {
            "workflow": [("", "Any"), *((str(k), v) for k, v in names.workflows.items())],
            "kind": [("", "Anything"), *((k, PLURALS.get(k, k)) for k in kinds)],
            "tool": [("", "Any"), *names.tools.items()],
            **dict.fromkeys(("who", "also", "backup"), anyone),
        }
        for name, found in choices.items():
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = found
        self.fields["over"].help_text = f"In {tenant.currency}. Empty: any amount, or none."

    def clean_over(self) -> int | None:
        """Return the amount in minor units, None where none was given."""
        text = str(self.cleaned_data["over"]).strip()
        if not text:
            return None
        places = get_currency_precision(self.tenant.currency)
        if not AMOUNT.match(text) or -Decimal(text).as_tuple().exponent > places:  # type: ignore[operator]
            raise forms.ValidationError("Write an amount such as 25 or 25.00.")
        return int(Decimal(text).scaleb(places))

    def terms(self) -> PolicyTerms:
        """Return the policy's terms from the valid form."""
        given = self.cleaned_data
        groups = [_group(given["who"], given["needed"])]
        if given["also"]:
            groups.append(_group(given["also"], 1))
        return PolicyTerms(
            id=self.terms_before.id if self.terms_before else uuid7(),
            version=1,
            groups=tuple(groups),
            workflow_id=UUID(given["workflow"]) if given["workflow"] else None,
            tool=given["tool"],
            kind=given["kind"],
            over=given["over"],
            currency=self.tenant.currency,
            apart=given["apart"],
            refuse_same=given["refuse_same"],
            backup=_group(given["backup"], 1) if given["backup"] else None,
            backup_after=given["backup_after"],
            hours=given["hours"],
            at_end=given["at_end"] or "close",
        )


def _group(chosen: list[str], needed: int) -> Group:
    roles = tuple(one for one in chosen if one in ROLES)
    return Group(roles, tuple(UUID(one) for one in chosen if one not in ROLES), needed)


def _initial(terms: PolicyTerms) -> dict[str, Any]:
    first, *more = terms.groups
    places = get_currency_precision(terms.currency)
    amount = None if terms.over is None else Decimal(terms.over).scaleb(-places)
    return {
        "workflow": str(terms.workflow_id or ""),
        "kind": terms.kind,
        "tool": terms.tool,
        "over": "" if amount is None else f"{amount:.{places}f}",
        "who": _chosen(first),
        "needed": first.needed,
        "also": _chosen(more[0]) if more else [],
        "apart": terms.apart,
        "refuse_same": terms.refuse_same,
        "hours": terms.hours,
        "at_end": terms.at_end,
        "backup": _chosen(terms.backup) if terms.backup else [],
        "backup_after": terms.backup_after,
    }


def _chosen(group: Group) -> list[str]:
    return [*group.roles, *(str(one) for one in group.people)]


class HoursForm(forms.Form):
    """Form of the tenant's working hours."""

    days = forms.MultipleChoiceField(
        label="Working days", choices=list(enumerate(DAYS)), widget=Boxes
    )
    opens = forms.TimeField(label="From", widget=forms.TimeInput({"type": "time"}, "%H:%M"))
    closes = forms.TimeField(label="To", widget=forms.TimeInput({"type": "time"}, "%H:%M"))

    def stored(self) -> dict[str, Any]:
        """Return the working hours as the tenant's JSON stores them."""
        given = self.cleaned_data
        return {
            "days": sorted(int(day) for day in given["days"]),
            "opens": f"{given['opens']:%H:%M}",
            "closes": f"{given['closes']:%H:%M}",
        }


class TakeBackForm(forms.Form):
    """Form of the take-back time: seconds in which a decision has no effect yet."""

    seconds = forms.IntegerField(
        label="Seconds", min_value=0, max_value=LONGEST_TAKE_BACK, help_text="0: at once."
    )


class AwayForm(forms.Form):
    """Form of an absence: the person, its days, and a stand-in.

    With ``only`` the person can't be another.
    """

    person = forms.ChoiceField(label="Who")
    first = forms.DateField(label="First day", widget=forms.DateInput({"type": "date"}))
    last = forms.DateField(label="Last day", widget=forms.DateInput({"type": "date"}))
    stand_in = forms.ChoiceField(label="Who stands in", required=False)

    def __init__(
        self, data: Any = None, *, people: Iterable[Person], only: UUID | None = None
    ) -> None:
        super().__init__(data)
        deciding = [(str(p.id), p.name) for p in people if p.may_decide]
        person, stand_in = self.fields["person"], self.fields["stand_in"]
        assert isinstance(person, forms.ChoiceField)
        assert isinstance(stand_in, forms.ChoiceField)
        person.choices = [one for one in deciding if only is None or one[0] == str(only)]
        stand_in.choices = [("", "Nobody"), *deciding]

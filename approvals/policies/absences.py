"""Absences say who is out of office, from which day to which, and who stands in."""

from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from approvals import queries
from approvals.models import Absence
from approvals.policies import orphans
from audit.services import record
from audit.verbs import Verb
from tenants import access, clock
from tenants.actors import Actor
from tenants.db.lookup import get_or_not_found
from tenants.errors import Conflict, Invalid
from tenants.models import Tenant
from tenants.roles import Capability
from tenants.scope import current_tenant_id

LONGEST = 366  # days


def set_away(
    person_id: UUID, first: date, last: date, stand_in: UUID | None, *, actor: Actor
) -> Absence:
    """Store an absence of a person, both days included: one's own, or as a manager of policies.

    Raises Forbidden, Invalid for days or people that make no sense, Conflict where the person is
    away on one of these days already.
    """
    _check_may(person_id, actor)
    tenant = Tenant.objects.get(pk=current_tenant_id())
    deciding = {p.id: p for p, _ in queries.people().everyone if p.may_decide}
    if person_id not in deciding:
        raise Invalid("Only those who decide need somebody to stand in.", code="bad_person")
    if stand_in is not None and (stand_in not in deciding or stand_in == person_id):
        raise Invalid("Choose another owner or approver to stand in.", code="bad_stand_in")
    today = clock.now().astimezone(ZoneInfo(tenant.timezone)).date()
    if last < first or last < today or (last - first).days > LONGEST:
        raise Invalid("Choose a last day from today on, not before the first.", code="bad_days")
    if Absence.objects.filter(person_id=person_id, first__lte=last, last__gte=first).exists():
        raise Conflict("These days are taken already. End the other time first.", code="taken")
    made = Absence.objects.create(person_id=person_id, stand_in_id=stand_in, first=first, last=last)
    after = {"person": deciding[person_id].name, "first": str(first), "last": str(last)}
    if stand_in:
        after["stand_in"] = deciding[stand_in].name
    record(Verb.AWAY_SET, made, actor=actor, after=after)
    orphans.mark_orphans()
    return made


def end_away(absence_id: UUID, *, actor: Actor) -> None:
    """Delete an absence, as the person is back earlier or not away at all.

    Raises NotFound, Forbidden.
    """
    absences = Absence.objects.select_related("person")
    found = get_or_not_found(absences, "time out of office", pk=absence_id)
    _check_may(found.person_id, actor)
    record(Verb.AWAY_ENDED, found, actor=actor, after={"person": str(found.person)})
    found.delete()
    orphans.mark_orphans()


def _check_may(person_id: UUID, actor: Actor) -> None:
    if actor.id != person_id or not actor.is_human:
        access.require(actor, Capability.SET_POLICIES)

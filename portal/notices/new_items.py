"""Notices of new items in a person's queue, by each person's preference.

Each tenant has one outbox row, due every minute, that looks for new items: so opening an
item costs nothing more, and an item decided within the minute sends no notice.
"""

from collections import Counter
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from approvals import queries
from approvals.models import ReviewItem
from approvals.review import recipients, selectors
from approvals.rules.policy_terms import Person
from audit import outbox
from audit.worker import schedule
from portal.notices import batching, mending
from portal.notices.enqueue import enqueue_notice
from portal.notices.models import Notice, NoticePreference, Told
from portal.notices.telling import note_told
from tenants import clock
from tenants.models import Tenant
from tenants.scope import current_tenant_id

TOPIC = "notices.look"
EVERY = timedelta(minutes=1)
AT_ONCE = 1000
MOST_ITEMS = 500  # of the queue, in the order people work it
AN_HOUR = timedelta(hours=1)
KEPT = timedelta(days=90)
# Kinds that count toward the hourly limit. A report or an invitation does not.
INTERRUPTS = ("item", "digest", "asked", "reminder", "backup", "mend")


def begin_item_checks() -> None:
    """Insert the row of tenants that lack it, AT_ONCE at most. Safe to run in many workers."""
    now = clock.now()
    lacking = schedule.tenants_lacking(TOPIC)[:AT_ONCE]
    schedule.begin(TOPIC, {tenant.pk: now for tenant in lacking})
    schedule.revive(TOPIC)


def notify_new_items(claim: outbox.Claim) -> outbox.Postpone:
    """Handler of ``notices.look``: enqueue the due notices, and postpone the row by EVERY."""
    found = selectors.queue().defer("draft", "evidence").prefetch_related("revisions")
    later = mending.tell_staff()
    items = [item for item in found[:MOST_ITEMS] if item.pk not in later]
    wishes = {one.person_id: one for one in NoticePreference.objects.all()}
    if items or wishes:
        zone = one_at_a_time().week.zone
        people = queries.people()
        _tell(_new(items, people), recipients.people_by_id(people), wishes, zone)
    return outbox.Postpone(EVERY)


def _new(items: list[ReviewItem], people: queries.People) -> dict[UUID, list[batching.New]]:
    """Return for each person the items that they may decide and had no notice of."""
    told = set(Told.objects.filter(item__in=items).values_list("item_id", "person_id"))
    new: dict[UUID, list[batching.New]] = {}
    for item, those in recipients.recipients_of(items, people):
        for person_id in those:
            if (item.pk, person_id) not in told:
                new.setdefault(person_id, []).append(batching.New(item.pk, item.due_at))
    return new


def _tell(
    new: dict[UUID, list[batching.New]],
    everyone: dict[UUID, Person],
    wishes: dict[UUID, NoticePreference],
    zone: ZoneInfo,
) -> None:
    now = clock.now()
    told = lately(now) if new else Counter()
    # A digest's time passes also for a person without new items.
    for person_id in sorted((new.keys() | wishes.keys()) & everyone.keys()):
        preference = wishes.get(person_id) or NoticePreference(person_id=person_id)
        person = everyone[person_id]
        plan = batching.plan(
            preference.wish(),
            new.get(person_id, ()),
            now=now,
            told_lately=told[person.email],
            zone=zone,
        )
        _follow(plan, person, preference)
    if new:
        Told.objects.filter(at__lt=now - KEPT).delete()


def lately(now: datetime) -> Counter[str]:
    """Return the number of interruptions of each address within the last hour."""
    rows = Notice.objects.filter(owed_at__gt=now - AN_HOUR, kind__in=INTERRUPTS)
    return Counter(rows.values_list("to", flat=True))


def _follow(plan: batching.NoticePlan, person: Person, preference: NoticePreference) -> None:
    for one in plan.each:
        tell_once("item", person, one.id)
    if plan.together:
        now = clock.now()
        notice = enqueue_notice(
            "digest",
            key=f"digest:{person.id}:{now:%Y%m%dT%H%M%S}",
            to=person.email,
            object_id=person.id,
            person=person.id,
        )
        note_told(notice, person.id, (one.id for one in plan.together))
    if plan.is_digest:
        NoticePreference.objects.filter(pk=preference.pk).update(gathered_at=clock.now())


def tell_once(kind: str, person: Person, item_id: UUID) -> bool:
    """Enqueue a person's one notice of an item; False where they had a notice of it before.

    The caller must hold the lock of ``one_at_a_time``.
    """
    if Told.objects.filter(person_id=person.id, item_id=item_id).exists():
        return False
    notice = enqueue_notice(
        kind,
        key=f"{kind}:{item_id}:{person.id}",
        to=person.email,
        object_id=item_id,
        person=person.id,
    )
    note_told(notice, person.id, [item_id])
    return True


def one_at_a_time() -> Tenant:
    """Lock the tenant's row until the transaction ends, and return the tenant.

    The lock keeps two transactions from both sending what one of them should.
    """
    # no_key: other transactions can still insert rows that refer to the tenant.
    return Tenant.objects.select_for_update(no_key=True).get(pk=current_tenant_id())

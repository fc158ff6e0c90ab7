"""Putting an item off: for oneself, before its deadline, and back by itself."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from approvals.models import ReviewItem, Snooze
from approvals.review.snooze import snooze
from audit.models import Event
from portal.review.item import snooze_times
from tenants import access, clock
from tenants.errors import Conflict, Forbidden, NotFound
from tenants.scope import tenant_scope
from tests.portal.review_kit import Visitor, ask, inside, text
from tests.world import Client, World, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


def put_off(visitor: Visitor, item: ReviewItem, until: datetime) -> int:
    form = {"until": until.isoformat()}
    return visitor.post(f"/review/{item.pk}/later/", form).status_code


def approver_of(client: Client) -> Visitor:
    with tenant_scope(client.tenant.pk):
        access.grant(client.workflow, client.approver, actor=client.actor())
    return inside(client, client.approver)


def test_it_leaves_ones_own_queue_and_comes_back_by_itself(world: World) -> None:
    client = world.harbor
    item, visitor, other = ask(client), inside(client), approver_of(client)
    until = clock.now() + timedelta(hours=3)
    assert put_off(visitor, item, until) == 302
    page = text(visitor.get("/review/"))
    assert "0 waiting" in page
    assert "Put off 1" in page
    assert "1 waiting" in text(other.get("/review/"))
    assert item.title.split(" and ")[0] in text(visitor.get("/review/?kind=later"))
    with clock.at(until + timedelta(seconds=1)):
        page = text(visitor.get("/review/"))
        assert "1 waiting" in page
        assert "Put off" not in page


def test_its_page_says_so_and_takes_it_up_again(world: World) -> None:
    client = world.harbor
    item, visitor = ask(client), inside(client)
    put_off(visitor, item, clock.now() + timedelta(hours=3))
    page = text(visitor.get(f"/review/{item.pk}/"))
    assert "You put this off until" in page
    assert "Approve, refund and send" in page
    visitor.post(f"/review/{item.pk}/later/", {"until": "now"})
    assert "1 waiting" in text(visitor.get("/review/"))
    with tenant_scope(client.tenant.pk):
        verbs = list(Event.objects.order_by("id").values_list("verb", flat=True))
    assert verbs[-2:] == ["item.snoozed", "item.woken"]
    assert "put off until" in text(visitor.get("/record/"))


def test_the_deadline_stays_and_nothing_is_put_off_beyond_it(world: World) -> None:
    """Case L3: what was put off runs out like anything else."""
    client = world.harbor
    item, visitor = ask(client), inside(client)
    for wrong in (item.due_at, clock.now() - timedelta(minutes=1)):
        assert put_off(visitor, item, wrong) == 400
    assert visitor.post(f"/review/{item.pk}/later/", {"until": "soon"}).status_code == 400
    assert put_off(visitor, item, item.due_at - timedelta(minutes=1)) == 302
    with clock.at(item.due_at):
        assert visitor.decide(item, "accept").status_code == 409


def test_a_second_time_replaces_the_first(world: World) -> None:
    client = world.harbor
    item, visitor = ask(client), inside(client)
    for hours in (1, 3):
        put_off(visitor, item, clock.now() + timedelta(hours=hours))
    with tenant_scope(client.tenant.pk):
        assert Snooze.objects.get().until > clock.now() + timedelta(hours=2)


def test_only_who_may_decide_puts_off_and_only_what_waits(world: World) -> None:
    client = world.harbor
    item = ask(client)
    until = clock.now() + timedelta(hours=1)
    with tenant_scope(client.tenant.pk):
        for actor in (client.actor(client.viewer), world.staff(client)):
            with pytest.raises(Forbidden):
                snooze(item.pk, until, actor=actor)
    inside(client).decide(item, "take_over")
    with tenant_scope(client.tenant.pk), pytest.raises(Conflict):
        snooze(item.pk, until, actor=client.actor())
    with tenant_scope(world.quill.tenant.pk), pytest.raises(NotFound):
        snooze(item.pk, until, actor=world.quill.actor())


def test_a_local_time_is_read_in_the_tenants_zone(world: World) -> None:
    client = world.harbor
    item, visitor = ask(client), inside(client)
    zone = ZoneInfo(client.tenant.timezone)
    at = (clock.now() + timedelta(hours=2)).astimezone(zone).replace(second=0, microsecond=0)
    form = {"at": at.strftime("%Y-%m-%dT%H:%M")}
    assert visitor.post(f"/review/{item.pk}/later/", form).status_code == 302
    with tenant_scope(client.tenant.pk):
        assert Snooze.objects.get().until == at


@pytest.mark.parametrize(
    ("hours", "offered"),
    [
        (1, []),
        (2, ["In 1 hour"]),
        (30, ["In 1 hour", "In 3 hours", "Tomorrow at 9"]),
        (24 * 7, ["In 1 hour", "In 3 hours", "Tomorrow at 9", "Monday at 9"]),
    ],
)
def test_times_after_the_deadline_are_not_offered(hours: int, offered: list[str]) -> None:
    tuesday = datetime(2026, 11, 17, 12, tzinfo=UTC)
    with timezone.override("America/New_York"):
        found = snooze_times.snooze_times(tuesday, tuesday + timedelta(hours=hours))
    assert [one.label for one in found] == offered


def test_on_a_sunday_tomorrow_is_monday_and_offered_once() -> None:
    sunday = datetime(2026, 11, 22, 12, tzinfo=UTC)
    with timezone.override("UTC"):
        found = snooze_times.snooze_times(sunday, sunday + timedelta(days=7))
    assert [one.label for one in found] == ["In 1 hour", "In 3 hours", "Tomorrow at 9"]


def test_over_a_change_of_the_clocks_nine_stays_nine() -> None:
    saturday = datetime(2026, 10, 31, 20, tzinfo=UTC)  # New York falls back that night
    with timezone.override("America/New_York"):
        (nine,) = [
            c
            for c in snooze_times.snooze_times(saturday, saturday + timedelta(days=1))
            if "9" in c.label
        ]
        assert timezone.localtime(nine.until).hour == 9

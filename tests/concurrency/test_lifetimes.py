"""What ends while somebody is at it: expiry, counting twice, cancelled runs."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from approvals.decisions.permits import LIFETIME
from approvals.decisions.services import Choice, decide
from approvals.models import Decision, Permit, Proposal, ReviewItem
from audit import outbox
from audit.models import Event, Outbox
from portal import periodic
from portal.reports.make import make_report
from portal.reports.models import Report
from portal.reports.week import week_of
from tenants import clock
from tenants.errors import Conflict
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests.concurrency.test_decisions import THREADS, at_once, post, shop, waiting, world
from tests.fakes.sink import HttpSink
from tests.fakes.smtp import SmtpSink
from tests.world import World
from workflows.models import Run
from workflows.services.runs import cancel_run

__all__ = ["post", "shop", "world"]  # fixtures


def accept(world: World, item: ReviewItem) -> str:
    """Accept it as the owner; what came of that."""
    chosen = Choice("accept", content_hash=item.content_hash)
    try:
        with tenant_scope(world.harbor.tenant.pk):
            decide(item.pk, chosen, actor=world.harbor.actor())
    except Conflict as refused:
        return refused.code
    return "accepted"


def inside(world: World, moment: Any, task: Any) -> Any:
    """``task()`` in a thread of its own, at a moment: a moved clock belongs to one context."""
    with clock.at(moment):
        return task()


# -- L3: an expiry is checked at the transition and at the effect ---------------------------


def test_an_item_that_runs_out_while_it_is_decided_is_one_or_the_other(
    world: World, shop: HttpSink, post: SmtpSink
) -> None:
    """Case L3 at the transition: deciding and running out race; one of them wins, whole."""
    item = waiting(world)
    with tenant_scope(world.harbor.tenant.pk):
        owed = Outbox.objects.get(topic="item.expire", object_id=item.pk)

    def race(number: int) -> str:
        if number % 2:
            return inside(world, item.due_at, lambda: str(outbox.handle(owed.pk)))
        moment = item.due_at - timedelta(seconds=1)
        return inside(world, moment, lambda: accept(world, item))

    results = Counter(at_once(THREADS, race))
    with clock.at(item.due_at):
        outbox.drain()
    with tenant_scope(world.harbor.tenant.pk):
        found = ReviewItem.objects.get()
        was_accepted = results["accepted"]
        assert was_accepted in (0, 1)
        assert found.status == ("decided" if was_accepted else "expired")
        assert Permit.objects.count() == 2 * was_accepted
        assert Event.objects.filter(verb="item.expired").count() == 1 - was_accepted
        assert Run.objects.get().status == "done"
    assert len(shop.requests) == len(post.messages) == was_accepted


def test_nobody_accepts_an_item_whose_time_ran_out_although_nothing_swept_it(
    world: World,
) -> None:
    """Case L3 at the transition: the item's row still says waiting."""
    item = waiting(world)
    results = at_once(THREADS, lambda _: inside(world, item.due_at, lambda: accept(world, item)))
    assert set(results) == {"expired"}
    with tenant_scope(world.harbor.tenant.pk):
        assert ReviewItem.objects.get().status == "waiting"
        assert not Permit.objects.exists()


def test_an_approval_that_ran_out_before_its_effect_is_not_carried_out(
    world: World, shop: HttpSink, post: SmtpSink
) -> None:
    """Case L3 at the effect: every worker was away for longer than the permit lives."""
    item = waiting(world)
    assert accept(world, item) == "accepted"
    later = clock.now() + LIFETIME + timedelta(seconds=1)
    at_once(THREADS, lambda _: inside(world, later, outbox.drain))
    assert shop.requests == post.messages == []
    with tenant_scope(world.harbor.tenant.pk):
        assert set(Permit.objects.values_list("status", flat=True)) == {"void"}
        exception = ReviewItem.objects.get(kind="exception")
        assert "ran out" in exception.draft["problem"]
        assert Run.objects.get().status == "failed"


# -- L5: counters are exactly-once, whatever is delivered twice -----------------------------


def twice(topic: str) -> None:
    """Owe again, as new rows, everything of a topic that is owed."""
    for row in Outbox.objects.filter(topic=topic):
        with tenant_scope(row.tenant_id):
            outbox.enqueue(topic, row.object_id)


def test_a_week_delivered_many_times_at_once_is_counted_once(
    world: World, shop: HttpSink, post: SmtpSink
) -> None:
    """Case L5: decisions heard of twice and the report made by ten workers at once."""
    items = [waiting(world) for _ in range(4)]
    chosen = ["accept", "accept", "reject", "take_over"]
    with tenant_scope(world.harbor.tenant.pk):
        for item, choice in zip(items, chosen, strict=True):
            reason = "tone" if choice == "reject" else ""
            decide(
                item.pk,
                Choice(choice, item.content_hash, reason=reason),
                actor=world.harbor.actor(),
            )
        twice("item.closed")
    at_once(THREADS, lambda _: outbox.drain())
    assert len(shop.requests) == len(post.messages) == 2
    tenant = Tenant.objects.get(pk=world.harbor.tenant.pk)
    now = clock.now()
    week = week_of(now, periodic.ZoneInfo(tenant.timezone))

    def report(_: int) -> str:
        with clock.at(week.end + timedelta(hours=12)), tenant_scope(tenant.pk):
            return str(make_report(week.monday).pk)

    assert len(set(at_once(THREADS, report))) == 1
    with tenant_scope(tenant.pk):
        made = Report.objects.get()
        flat = str(made.numbers)
        assert Decision.objects.count() == 4
        assert Event.objects.filter(verb="report.made").count() == 1
    assert "'decided': 4" in flat
    assert "'accepted': 2" in flat
    assert "'rejected': 1" in flat
    assert "'taken_over': 1" in flat


# -- L8: an item dies with its run, and the run hears of it ---------------------------------


def test_a_run_cancelled_while_its_item_is_decided_ends_one_way_or_the_other(
    world: World, shop: HttpSink, post: SmtpSink
) -> None:
    """Case L8: cancelled first, nobody decides; decided first, nothing more is begun."""
    item, harbor = waiting(world), world.harbor

    def race(number: int) -> str:
        if number % 2 == 0:
            return accept(world, item)
        try:
            with tenant_scope(harbor.tenant.pk):
                cancel_run(item.run_id, actor=harbor.actor())
        except Conflict:
            return "too late to cancel"
        return "cancelled"

    results = Counter(at_once(THREADS, race))
    assert results["cancelled"] == 1
    assert results["accepted"] in (0, 1)
    at_once(THREADS, lambda _: outbox.drain())
    with tenant_scope(harbor.tenant.pk):
        assert Run.objects.get().status == "cancelled"
        found = ReviewItem.objects.get()
        assert found.status == ("decided" if results["accepted"] else "cancelled")
        left = set(Proposal.objects.values_list("status", flat=True))
        assert left == {"cancelled"}
        assert set(Permit.objects.values_list("status", flat=True)) <= {"void"}
    assert shop.requests == post.messages == []
    assert not Outbox.objects.filter(topic="item.closed").exists()


def test_the_run_hears_of_an_item_that_ran_out_however_often_it_is_told(
    world: World, shop: HttpSink, post: SmtpSink
) -> None:
    """Case L8, the other way round."""
    item = waiting(world)
    with clock.at(item.due_at):
        row = Outbox.objects.get(topic="item.expire", object_id=item.pk)
        outbox.handle(row.pk)
        twice("item.closed")
    at_once(THREADS, lambda _: inside(world, item.due_at, outbox.drain))
    with tenant_scope(world.harbor.tenant.pk):
        run = Run.objects.get()
        assert (run.status, run.outcome) == ("done", "expired")
        assert Event.objects.filter(verb="run.finished").count() == 1
    assert shop.requests == post.messages == []
    connection.close()


@pytest.mark.parametrize("way", ["happened", "did_not"])
def test_an_effect_in_doubt_is_settled_once_however_many_settle_it(
    world: World, shop: HttpSink, post: SmtpSink, way: str
) -> None:
    """Case D4: the mail server acts, the connection breaks off, ten people settle it at once."""
    post.answer = None
    item, harbor = waiting(world), world.harbor
    assert accept(world, item) == "accepted"
    outbox.drain()
    with tenant_scope(harbor.tenant.pk):
        exception = ReviewItem.objects.get(kind="exception")
    assert exception.draft["options"][:2] == ["happened", "did_not"]

    def settle(_: int) -> str:
        chosen = Choice("resolve", exception.content_hash, reason=way)
        try:
            with tenant_scope(harbor.tenant.pk):
                decide(exception.pk, chosen, actor=harbor.actor())
        except Conflict:
            return "conflict"
        return "settled"

    assert Counter(at_once(THREADS, settle))["settled"] == 1
    post.answer = "250 OK"
    at_once(THREADS, lambda _: outbox.drain())
    assert len(post.messages) == len(shop.requests) == 1  # no blind second try
    with tenant_scope(harbor.tenant.pk):
        sent = Proposal.objects.get(item=item, step="send")
        assert sent.status == ("executed" if way == "happened" else "failed")
        asked = ReviewItem.objects.filter(status="waiting", kind="proposal").count()
        assert asked == (0 if way == "happened" else 1)

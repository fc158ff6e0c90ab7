"""Case A2: fifty approvals and rejections at once come to one decision and one effect."""

import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from django.test import override_settings

from approvals.decisions.services import Choice, decide
from approvals.models import Decision, Permit, Proposal, ReviewItem
from approvals.policies.services import add_policy
from approvals.rules.policy_sentences import Names
from approvals.rules.policy_terms import Group, PolicyTerms
from audit import outbox
from audit.models import Event
from tenants import access
from tenants.errors import Conflict
from tenants.ids import uuid7
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests.fakes.model import ModelServer
from tests.fakes.sink import HttpSink
from tests.fakes.smtp import SmtpSink
from tests.lanes import SMTP
from tests.workflows.engine.agent_kit import (
    agent_text,
    calling,
    find,
    finder,
    found_order,
    mail,
    refund,
    says,
)
from tests.world import REQUEST, World, admin_actor, make_world
from workflows.models import Call, Run
from workflows.services.decision_withdrawal import withdraw_open_decision
from workflows.services.definitions import make_workflow
from workflows.services.runs import cancel_run, start_run

THREADS = 10  # as many as the pool has connections


@pytest.fixture
def shop() -> Iterator[HttpSink]:
    with HttpSink(delay=0.02) as sink:
        yield sink


@pytest.fixture
def post() -> Iterator[SmtpSink]:
    with (
        SmtpSink() as sink,
        override_settings(EMAIL_BACKEND=SMTP, EMAIL_HOST="127.0.0.1", EMAIL_PORT=sink.port),
    ):
        yield sink


@pytest.fixture
def world(committed: None, shop: HttpSink, post: SmtpSink) -> World:
    return make_world(shop=shop.host)


def waiting(world: World) -> ReviewItem:
    """An item of Harbor's, with everything before it done."""
    harbor = world.harbor
    with tenant_scope(harbor.tenant.pk):
        run, _ = start_run(harbor.workflow, input=REQUEST, trigger="api", actor=harbor.actor())
    outbox.drain()
    with tenant_scope(harbor.tenant.pk):
        return ReviewItem.objects.get(run_id=run.pk)


def at_once(count: int, task: Any) -> list[Any]:
    """Results of ``task(n)``, all begun together, on connections of their own."""
    start = Barrier(THREADS)

    def work(number: int) -> list[Any]:
        try:
            start.wait(20)
            return [task(n) for n in range(number, count, THREADS)]
        finally:
            connection.close()

    with ThreadPoolExecutor(THREADS) as pool:
        return [result for batch in pool.map(work, range(THREADS)) for result in batch]


def test_fifty_decisions_at_once_are_one_decision_and_one_effect(
    world: World, shop: HttpSink, post: SmtpSink
) -> None:
    """Case A2★."""
    item, harbor = waiting(world), world.harbor
    actors = [harbor.actor(), harbor.actor(harbor.approver)]

    def one(number: int) -> str:
        choice, reason = ("accept", "") if number % 2 else ("reject", "tone")
        chosen = Choice(choice, content_hash=item.content_hash, reason=reason)
        try:
            with tenant_scope(harbor.tenant.pk):
                decide(item.pk, chosen, actor=actors[number % 3 % 2])
        except Conflict:
            return "conflict"
        return choice

    results = Counter(at_once(50, one))
    assert results["conflict"] == 49
    at_once(THREADS, lambda _: outbox.drain())
    with tenant_scope(harbor.tenant.pk):
        decision = Decision.objects.get()
        assert results[decision.choice] == 1
        decided = ("item.accepted", "item.rejected")
        assert Event.objects.filter(verb__in=decided).count() == 1
        wanted = 1 if decision.choice == "accept" else 0
        assert Permit.objects.count() == 2 * wanted
        assert Run.objects.get().status == "done"
    assert len(shop.requests) == len(post.messages) == wanted


def test_two_who_sign_at_once_are_one_decision(
    world: World, shop: HttpSink, post: SmtpSink
) -> None:
    """Case A2, where a policy asks for two: the last one sees the other, whoever it is."""
    harbor = world.harbor
    with tenant_scope(harbor.tenant.pk):
        both = Group(roles=("owner",), people=(harbor.approver.pk,), needed=2)
        add_policy(PolicyTerms(uuid7(), 1, (both,), currency="USD"), Names(), actor=harbor.actor())
    item = waiting(world)
    actors = [harbor.actor(), harbor.actor(harbor.approver)]

    def one(number: int) -> str:
        chosen = Choice("accept", content_hash=item.content_hash)
        try:
            with tenant_scope(harbor.tenant.pk):
                made = decide(item.pk, chosen, actor=actors[number % 2])
        except Conflict as error:
            return error.code
        return type(made).__name__

    results = Counter(at_once(50, one))
    assert results["SignOff"] == results["Decision"] == 1
    assert results.keys() <= {"SignOff", "Decision", "already_signed", "already_decided"}
    at_once(THREADS, lambda _: outbox.drain())
    assert len(shop.requests) == len(post.messages) == 1


def test_two_who_decide_an_agents_card_at_once_are_one_decision(
    world: World, shop: HttpSink, post: SmtpSink
) -> None:
    """Case A2: all that the agent proposes is one card, and is done once or not at all."""
    harbor, staff = world.harbor, admin_actor(world.admin)
    shop.body = found_order
    with ModelServer() as model, model.in_environment():
        says(model, calling(find()), calling(refund(), mail(), text="We refund Mia."))
        with tenant_scope(harbor.tenant.pk):
            finder(staff, shop.host)
            workflow = make_workflow(text=agent_text(), owner=harbor.owner, actor=staff)
            access.grant(workflow, harbor.approver, actor=harbor.actor())
            start_run(workflow, input=REQUEST, trigger="api", actor=harbor.actor())
        outbox.drain()
        with tenant_scope(harbor.tenant.pk):
            item = ReviewItem.objects.get()
        people = [harbor.actor(), harbor.actor(harbor.approver)]

        def one(number: int) -> str:
            choice = "accept" if number % 4 < 2 else "reject"
            chosen = Choice(
                choice, content_hash=item.content_hash, reason="" if choice == "accept" else "tone"
            )
            try:
                with tenant_scope(harbor.tenant.pk):
                    made = decide(item.pk, chosen, actor=people[number % 2])
                assert isinstance(made, Decision)
                return made.choice
            except Conflict as error:
                return error.code

        results = Counter(at_once(20, one))
        at_once(THREADS, lambda _: outbox.drain())
    assert results["accept"] + results["reject"] == 1
    assert results.keys() <= {"accept", "reject", "already_decided", "changed"}
    wanted = results["accept"]
    done = [request for request in shop.requests if request["path"] == "/refunds"]
    assert len(done) == len(post.messages) == wanted
    with tenant_scope(harbor.tenant.pk):
        assert Decision.objects.count() == 1
        assert Permit.objects.count() == 2 * wanted


def test_one_approval_is_carried_out_once_however_many_workers_hear_of_it(
    world: World, shop: HttpSink, post: SmtpSink
) -> None:
    item, harbor = waiting(world), world.harbor
    with tenant_scope(harbor.tenant.pk):
        decide(item.pk, Choice("accept", content_hash=item.content_hash), actor=harbor.actor())
    at_once(30, lambda _: outbox.drain())
    outbox.drain()
    assert list(shop.by_key.values()) == [1]
    assert len(post.messages) == 1
    with tenant_scope(harbor.tenant.pk):
        assert set(Permit.objects.values_list("status", flat=True)) == {"redeemed"}
        assert set(Proposal.objects.values_list("status", flat=True)) == {"executed"}
        assert Event.objects.filter(verb="effect.started").count() == 2


def test_approving_and_cancelling_at_once_is_one_or_the_other(world: World, shop: HttpSink) -> None:
    harbor = world.harbor
    for _ in range(5):
        item = waiting(world)

        def one(number: int, item: ReviewItem = item) -> str:
            try:
                with tenant_scope(harbor.tenant.pk):
                    if number % 2:
                        chosen = Choice("accept", content_hash=item.content_hash)
                        decide(item.pk, chosen, actor=harbor.actor())
                        return "accepted"
                    cancel_run(item.run_id, actor=harbor.actor())
                    return "cancelled"
            except Conflict:
                return "conflict"

        before = len(shop.requests)
        results = Counter(at_once(THREADS, one))
        outbox.drain()
        with tenant_scope(harbor.tenant.pk):
            run = Run.objects.get(pk=item.run_id)
            # Both may go through, the approval first; then nothing of it is done.
            assert run.status == ("cancelled" if results["cancelled"] else "done")
            assert results["accepted"] <= 1
            assert results["cancelled"] <= 1
            assert not Permit.objects.filter(status="open").exists()
        assert len(shop.requests) - before == (0 if results["cancelled"] else 1)


def test_taking_back_while_workers_begin_is_one_or_the_other(world: World, shop: HttpSink) -> None:
    harbor = world.harbor
    Tenant.objects.filter(pk=harbor.tenant.pk).update(take_back_seconds=1)
    seen: Counter[str] = Counter()
    for early in (0.3, 0.02, 0.01, 0.0, -0.01, -0.3):
        item = waiting(world)
        with tenant_scope(harbor.tenant.pk):
            chosen = Choice("accept", content_hash=item.content_hash)
            decision = decide(item.pk, chosen, actor=harbor.actor())
        assert isinstance(decision, Decision)
        assert decision.follows_at
        before, moment = len(shop.requests), decision.follows_at.timestamp() - early

        def one(number: int, item: ReviewItem = item, moment: float = moment) -> str:
            time.sleep(max(0.0, moment - time.time()))
            if number % 2:
                return "drained" if outbox.drain() else "idle"
            try:
                with tenant_scope(harbor.tenant.pk):
                    withdraw_open_decision(item.pk, actor=harbor.actor())
                return "back"
            except Conflict:
                return "late"

        results = Counter(at_once(THREADS, one))
        time.sleep(max(0.0, decision.follows_at.timestamp() - time.time()))
        outbox.drain()
        assert results["back"] <= 1
        seen["back" if results["back"] else "done"] += 1
        assert len(shop.requests) - before == (0 if results["back"] else 1)
        with tenant_scope(harbor.tenant.pk):
            now = ReviewItem.objects.get(pk=item.pk)
            assert now.status == ("waiting" if results["back"] else "decided")
            assert not Permit.objects.filter(status="open").exists()
    assert seen["back"] >= 1
    assert seen["done"] >= 1


@pytest.mark.parametrize(
    ("status", "came_of_it"), [(200, "executed"), (422, "failed"), (None, "in_doubt")]
)
def test_a_run_cancelled_while_the_shop_is_asked_records_what_came_of_it(
    world: World, shop: HttpSink, post: SmtpSink, status: int | None, came_of_it: str
) -> None:
    item, harbor = waiting(world), world.harbor
    with tenant_scope(harbor.tenant.pk):
        decide(item.pk, Choice("accept", content_hash=item.content_hash), actor=harbor.actor())
    shop.status, shop.delay = status, 1.0

    def worker() -> None:
        try:
            outbox.drain()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(worker)
        while not shop.requests:
            time.sleep(0.02)
        with tenant_scope(harbor.tenant.pk):
            cancel_run(item.run_id, actor=harbor.actor())
        done.result()
    with tenant_scope(harbor.tenant.pk):
        assert Run.objects.get().status == "cancelled"
        statuses = dict(Proposal.objects.values_list("step", "status"))
        assert statuses == {"refund": came_of_it, "send": "cancelled"}
        assert Call.objects.get(kind="tool").status in ("done", "failed")
    assert len(shop.requests) == 1
    assert post.messages == []

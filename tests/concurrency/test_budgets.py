"""Budgets under races: no budget is ever exceeded, whoever asks and whoever dies.

The cases are those that budget implementations elsewhere are known to lose: the first call of a new
tenant, a price tier above a prompt length, a model without a price, two levels at once, and a
worker that dies between reservation and settlement.
"""

import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.db import connections, transaction

from audit.jobs import Limit
from audit.worker import concurrency
from tenants.errors import NotFound
from tenants.ids import uuid7
from tenants.models import Provider, Tenant
from tenants.scope import tenant_scope
from tests.concurrency.test_limits import ANSWER, start, writer
from tests.fakes.model import MODEL, ModelServer
from tests.processes import processes, wait_until
from tests.workflows.budgets.budgets_kit import amounts, provider_amounts, set_for_provider, set_one
from tests.workflows.routing.routing_kit import let_hold, table_with
from tests.world import Client, World, make_world
from workflows.budgets import reservations, services
from workflows.budgets.estimates import Ceiling, ceiling_of
from workflows.budgets.reservations import Reservation
from workflows.budgets.services import Terms
from workflows.budgets.terms import BudgetUnit, Period
from workflows.engine.state import breakers
from workflows.gateway.prices import Price, Rates
from workflows.models import Budget, Call, Circuit, ProviderBudget, Run, Workflow

pytestmark = pytest.mark.usefixtures("committed")
AT_ONCE, CALLS = 16, 200


@pytest.fixture
def world(committed: None) -> World:
    return make_world()


def at_once[T](act: Callable[[int], T], count: int = CALLS) -> list[T]:
    """So many acts, AT_ONCE of them together, each on a connection of its thread."""

    def closing(number: int) -> T:
        try:
            return act(number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(closing, range(count)))


def reserve(client: Client, ceiling: Ceiling, *, run: UUID | None = None) -> Reservation:
    """A reservation in a transaction of its own."""
    with tenant_scope(client.tenant.pk), transaction.atomic():
        tenant = Tenant.objects.get(pk=client.tenant.pk)
        return reservations.reserve(
            tenant, run_id=run or uuid7(), workflow_id=client.workflow.pk, ceiling=ceiling
        )


def made(found: list[Reservation]) -> int:
    return sum(one.refusal is None for one in found)


def test_the_first_calls_of_a_new_tenant_share_one_row(world: World) -> None:
    with tenant_scope(world.harbor.tenant.pk):
        budget = set_one(most=1_000, warn_at=0)
    found = at_once(lambda _: reserve(world.harbor, Ceiling(30, 1)))
    assert made(found) == 33
    with tenant_scope(world.harbor.tenant.pk):
        assert amounts(budget) == [(0, 990)]


def test_a_prompt_that_may_reach_the_dearer_tier_reserves_that(world: World) -> None:
    near = Rates(1_000_000, 1_000_000, 1_000_000, 1_000_000, 1_000_000)
    far = Rates(9_000_000, 9_000_000, 9_000_000, 9_000_000, 9_000_000)
    price = Price(((0, near), (5_000, far)))
    request = {"messages": [{"role": "user", "content": "a" * 4_800}], "schema": {}}
    ceiling = ceiling_of(request | {"max_tokens": 100}, price)
    assert ceiling.micros is not None
    assert ceiling.micros >= 9 * 4_800  # as its tokens may be above 5,000
    with tenant_scope(world.harbor.tenant.pk):
        budget = set_one(most=10 * ceiling.micros, warn_at=0)
    assert made(at_once(lambda _: reserve(world.harbor, ceiling))) == 10
    with tenant_scope(world.harbor.tenant.pk):
        assert amounts(budget) == [(0, 10 * ceiling.micros)]


@pytest.mark.parametrize(("counts", "most"), [(None, 0), (70, 14)])
def test_a_model_without_a_price_never_counts_as_free(
    world: World, counts: int | None, most: int
) -> None:
    with tenant_scope(world.harbor.tenant.pk):
        set_one(most=1_000, warn_at=0)
    Tenant.objects.filter(pk=world.harbor.tenant.pk).update(unpriced_call_micros=counts)
    assert made(at_once(lambda _: reserve(world.harbor, Ceiling(None, 1)))) == most


def test_two_clients_and_four_levels_at_once(world: World) -> None:
    """All levels hold, in all or none; and nobody waits for each other for ever."""
    clients, runs = (world.harbor, world.quill), [uuid7() for _ in range(4)]
    everybody = set_for_provider(most=700, warn_at=0)
    budgets: list[Any] = []
    for client in clients:
        with tenant_scope(client.tenant.pk):
            budgets.append((client, set_one(most=400, warn_at=0)))
            budgets.append((client, set_one(most=390, warn_at=0, workflow=client.workflow)))
            budgets.append((client, set_one(unit="tokens", period="day", most=4_000, warn_at=0)))
    chance = random.Random(7)
    asked = [(chance.choice(clients), Ceiling(chance.randint(1, 9), 10)) for _ in range(CALLS)]
    found = at_once(lambda n: reserve(*asked[n], run=chance.choice(runs)))
    kept = [ceiling for (_, ceiling), one in zip(asked, found, strict=True) if not one.refusal]
    ((_, reserved),) = provider_amounts(everybody)
    assert reserved == sum(one.micros or 0 for one in kept) <= 700
    for client, budget in budgets:
        with tenant_scope(client.tenant.pk):
            ((_, taken),) = amounts(budget)
            assert taken <= budget.most
    # Used up but for less than the dearest call.
    assert reserved > 700 - 9


def test_settling_beside_reserving_loses_nothing(world: World) -> None:
    """Each call is reserved, kept in the journal and settled while others do the same."""
    client = world.harbor
    with tenant_scope(client.tenant.pk):
        budget = set_one(most=100_000, warn_at=0)
        start(client, client.workflow, 1)
        run = Run.objects.get()
        step = run.steps.create(name="x", kind="generate", status="running")

    def act(number: int) -> int:
        with tenant_scope(client.tenant.pk), transaction.atomic():
            tenant = Tenant.objects.get(pk=client.tenant.pk)
            kept = reservations.reserve(
                tenant, run_id=run.pk, workflow_id=client.workflow.pk, ceiling=Ceiling(100, 1)
            ).kept
            call = Call.objects.create(
                run=run,
                step=step,
                attempt=number + 1,
                kind="model",
                name="m",
                key=f"{number}",
                request={},
                reserved=kept,
            )
        with tenant_scope(client.tenant.pk), transaction.atomic():
            rows = Call.objects.filter(pk=call.pk, status="intended")
            return rows.update(status="done", cost_micros=number, millis=1)

    assert sum(at_once(act)) == CALLS
    with tenant_scope(client.tenant.pk):
        assert amounts(budget) == [(sum(range(CALLS)), 0)]


def test_a_limit_and_a_budget_never_wait_for_each_other(world: World) -> None:
    """One transaction settles and asks for a limit next; the other has the limit and reserves."""
    client = world.harbor
    limits = (Limit(f"lane:{client.workflow.pk}", 5),)
    with tenant_scope(client.tenant.pk):
        budget = set_one(most=1_000, warn_at=0)
        start(client, client.workflow, 1)
        run = Run.objects.get()
        step = run.steps.create(name="x", kind="generate", status="running")
    kept = reserve(client, Ceiling(100, 1)).kept
    with tenant_scope(client.tenant.pk):
        about = {"kind": "model", "name": "m", "key": "k", "attempt": 1, "request": {}}
        call = Call.objects.create(run=run, step=step, reserved=kept, **about)
    both = threading.Barrier(2)

    def settle() -> None:
        Call.objects.filter(pk=call.pk).update(status="done", cost_micros=1)
        both.wait(timeout=10)
        concurrency.request_capacity(limits)

    def begin() -> None:
        concurrency.request_capacity(limits)
        both.wait(timeout=10)
        reserve(client, Ceiling(200, 1))

    def act(number: int) -> None:
        with tenant_scope(client.tenant.pk), transaction.atomic():
            (settle, begin)[number]()

    at_once(act, 2)  # a deadlock would be an error of one of them
    with tenant_scope(client.tenant.pk):
        assert amounts(budget) == [(1, 200)]


@pytest.mark.parametrize("of_provider", [False, True])
def test_one_that_is_added_while_another_is_removed_holds(world: World, of_provider: bool) -> None:
    client = world.harbor
    daily = Terms(BudgetUnit.CALLS, Period.DAY, 1)
    with tenant_scope(client.tenant.pk):
        former = set_for_provider() if of_provider else set_one()

    def remove() -> None:
        try:
            with tenant_scope(client.tenant.pk), transaction.atomic():
                if of_provider:
                    services.remove_provider_budget(former.pk, by=world.admin)
                else:
                    services.remove_budget(former.pk, actor=client.actor())
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        with tenant_scope(client.tenant.pk), transaction.atomic():
            if of_provider:
                services.add_provider_budget(daily, by=world.admin)
            else:
                services.add_budget(daily, actor=client.actor())
            removal = pool.submit(remove)
            with pytest.raises(TimeoutError):
                removal.result(timeout=0.5)
        removal.result(timeout=10)
    row = Provider.objects.get() if of_provider else Tenant.objects.get(pk=client.tenant.pk)
    assert row.is_budgeted


def in_scope(client: Client, act: Callable[[], object]) -> None:
    """Do this in a transaction of this thread's own."""
    try:
        with tenant_scope(client.tenant.pk), transaction.atomic():
            act()
    finally:
        connections.close_all()


def test_one_that_is_removed_while_a_call_takes_from_it_first_stops_no_call(world: World) -> None:
    """What the call writes belongs to a budget that would be gone when it commits."""
    client = world.harbor
    with tenant_scope(client.tenant.pk):
        budget = set_one()

    def remove() -> None:
        services.remove_budget(budget.pk, actor=client.actor())

    with ThreadPoolExecutor(1) as pool:
        with tenant_scope(client.tenant.pk), transaction.atomic():
            reservations.reserve(
                client.tenant,
                run_id=uuid7(),
                workflow_id=client.workflow.pk,
                ceiling=Ceiling(1, 1),
            )
            removal = pool.submit(in_scope, client, remove)
            wait([removal], timeout=0.5)
        removal.result(timeout=10)
    with tenant_scope(client.tenant.pk):
        assert not Budget.objects.exists()


@pytest.mark.parametrize("of_provider", [False, True])
def test_one_that_is_changed_while_it_is_removed_does_not_come_back(
    world: World, of_provider: bool
) -> None:
    """It would be shown, and hold for nothing: nobody is known to have a budget then."""
    client = world.harbor
    terms = Terms(BudgetUnit.MONEY, Period.MONTH, 5)
    with tenant_scope(client.tenant.pk):
        former = set_for_provider() if of_provider else set_one()

    def change() -> None:
        if of_provider:
            services.change_provider_budget(former.pk, terms, by=world.admin)
        else:
            services.change_budget(former.pk, terms, actor=client.actor())

    with ThreadPoolExecutor(1) as pool:
        with tenant_scope(client.tenant.pk), transaction.atomic():
            if of_provider:
                services.remove_provider_budget(former.pk, by=world.admin)
            else:
                services.remove_budget(former.pk, actor=client.actor())
            changed = pool.submit(in_scope, client, change)
            wait([changed], timeout=0.5)
        with pytest.raises(NotFound):
            changed.result(timeout=10)
    with tenant_scope(client.tenant.pk):
        assert not (ProviderBudget if of_provider else Budget).objects.exists()


def test_circuits_and_budgets_are_locked_in_one_order(world: World) -> None:
    """Each of two workers stores a failure, settles, and stores another of the other's model."""
    client = world.harbor
    with tenant_scope(client.tenant.pk):
        set_one()
    other_has_failed = threading.Event()

    def fail(model: str) -> None:
        breakers.record_result({}, "model", model, problem="Gone.", how="unavailable")

    def store(models: list[str]) -> None:
        fail(models[0])
        if models[0] == "a":
            other_has_failed.wait(0.5)
        else:
            other_has_failed.set()
        reservations.reserve(
            client.tenant, run_id=uuid7(), workflow_id=client.workflow.pk, ceiling=Ceiling(1, 1)
        )
        fail(models[1])

    with ThreadPoolExecutor(2) as pool:
        stored = [pool.submit(in_scope, client, partial(store, [*one])) for one in ("ab", "ba")]
        for one in stored:
            one.result(timeout=10)
    with tenant_scope(client.tenant.pk):
        assert dict(Circuit.objects.values_list("name", "failures")) == {"a": 2, "b": 2}


def test_two_workers_never_exceed_a_budget_even_if_one_is_killed(
    world: World, tmp_path: Path
) -> None:
    """200 runs; a budget for some 40 calls; a worker dies after its call and before it is kept."""
    client = world.harbor
    lane, budget = _dear_lane(world)
    with ModelServer(lambda _: ANSWER) as model:
        with processes(tmp_path, **model.environment) as run:
            run.worker()
            # All that the other one has in flight may be lost, which counts as much as it may cost.
            start(client, lane, 12)
            wait_until(lambda: _done(client) == 12, seconds=60, what="some calls are done")
            mark = tmp_path / "died"
            dying = run.worker(
                module="tests.concurrency.crashing",
                CRASH_AT="model.after_call",
                CRASH_MARK=str(mark),
            )
            start(client, lane, CALLS - 12)
            wait_until(lambda: not dying.is_alive(), seconds=60, what="one worker died")
            run.worker()
            wait_until(lambda: not _under_way(client), seconds=120, what="every call is settled")
        asked = len(model.requests)
    with tenant_scope(client.tenant.pk):
        costs = list(Call.objects.filter(status="done").values_list("cost_micros", flat=True))
        ((spent, reserved),) = amounts(budget)
    assert 10 < len(costs) < CALLS  # the budget was used up
    assert asked > len(costs)  # what the dead worker had asked was asked twice
    assert reserved == 0
    assert asked * min(costs) <= spent <= budget.most


def _dear_lane(world: World) -> tuple[Workflow, Budget]:
    """A workflow that asks a priced model once, and a budget for a part of its runs."""
    deployment = {
        "name": MODEL,
        "title": "the dear model",
        "sees": "personal",
        "price_in": 100,
        "price_out": 200,
    }
    let_hold(table_with(deployments=[deployment], rows=[{"use": [MODEL]}]), world.admin)
    client = world.harbor
    lane = writer(world, client)
    with tenant_scope(client.tenant.pk):
        return lane, set_one(most=3_000_000, warn_at=0)


def _done(client: Client) -> int:
    with tenant_scope(client.tenant.pk):
        return Call.objects.filter(status="done").count()


def _under_way(client: Client) -> bool:
    with tenant_scope(client.tenant.pk):
        begun = Call.objects.filter(kind="model").count() >= CALLS
        return not begun or Call.objects.filter(status="intended").exists()

"""The approval lane: trigger with key, three rows, model, durable wait, decision, effect.

Imported only after ``open_house`` has set Django up.
"""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from uuid import UUID

from approvals.decisions.services import Choice, decide
from audit.worker import wakeups
from tenants.actors import Actor
from tenants.models import User
from tenants.scope import tenant_scope
from tests.benchmarks.house import House, until
from tests.world import REQUEST, Client, admin_actor, make_client, make_world
from workflows.services.definitions import make_workflow
from workflows.services.runs import start_run

WEB_THREADS = 4  # as ``portal.servers.deployment`` starts the web

LANE = """
workflow: approval-lane
title: Approval lane
rung: execute_with_approval
model: openai/scripted
brief: {why: "To measure a lane."}
sources: [returns-policy, orders]
never:
  - {tool: shop.refund, if: "args.amount.value > 20000", why: "Dana handles large refunds."}
schemas:
  reply:
    type: object
    required: [text, refund]
    properties:
      text: {type: string}
      refund:
        type: object
        required: [value, currency]
        properties: {value: {type: integer}, currency: {const: USD}}
steps:
  - name: facts
    retrieve:
      query: "damaged items refunded in full, unused items returned"
      passages: 2
      records: {orders: "input.order_id"}
  - name: reply
    needs: [facts]
    generate: {prompt: "Answer the customer's message.", schema: {$ref: reply}, cite: facts}
  - name: refund
    needs: [reply]
    if: "steps.reply.output.refund.value > 0"
    act:
      tool: shop.refund
      args:
        order: "input.order_id"
        customer: "records.orders.customer"
        amount: "steps.reply.output.refund"
"""


@dataclass(slots=True)
class Bench:
    """One client with the lane, and a person who approves."""

    house: House
    client: Client
    lane: Any
    owner: Actor
    admin: User
    numbers: Iterator[int] = field(default_factory=lambda: count(1))
    polling: float = 0.0  # CPU seconds spent looking whether there is something to do
    numbered: bool = False  # each lane asks the model something else

    def start(self) -> UUID:
        """Trigger one lane with a key of its own."""
        number = next(self.numbers)
        request = {**REQUEST, "subject": f"Broken lamp {number}"} if self.numbered else REQUEST
        with tenant_scope(self.client.tenant.pk):
            run, made = start_run(
                self.lane,
                input=request,
                trigger="api",
                actor=self.owner,
                idempotency_key=f"lane-{number}",
            )
        assert made
        return run.pk

    def start_together(
        self, lanes: int, web: ThreadPoolExecutor, start: Callable[[], UUID] | None = None
    ) -> None:
        """Trigger lanes from these threads; the workers hear of them when all are triggered."""
        begin = start or self._start_unheard
        started = [one.result() for one in [web.submit(begin) for _ in range(lanes)]]
        for run_id in started[:8]:
            wakeups.publish_wakeup(run_id)  # enough to wake every worker

    def _start_unheard(self) -> UUID:
        with wakeups.without_wakeups():
            return self.start()

    def waiting(self, limit: int = 200) -> list[tuple[UUID, str]]:
        """Items nobody decided yet, with their content's hash."""
        began = time.thread_time()
        found = self.house.su.execute(
            "SELECT id, content_hash FROM approvals_reviewitem "
            "WHERE status = 'waiting' AND kind = 'proposal' AND tenant_id = %s LIMIT %s",
            [self.client.tenant.pk, limit],
        ).fetchall()
        self.polling += time.thread_time() - began
        return found

    def approve(self, item_id: UUID, content_hash: str) -> None:
        """Accept one item as the owner."""
        with tenant_scope(self.client.tenant.pk):
            decide(item_id, Choice("accept", content_hash), actor=self.owner)

    def done(self) -> int:
        """How many lanes have ended well."""
        began = time.thread_time()
        found = self.house.number("SELECT count(*) FROM workflows_run WHERE status = 'done'")
        self.polling += time.thread_time() - began
        return found

    def run(
        self,
        lanes: int,
        *,
        seconds: float = 600,
        at_once: bool = False,
        start: Callable[[], UUID] | None = None,
    ) -> None:
        """Start lanes, approve each as it comes up, return when all are done.

        ``at_once``: the workers hear of them when all have been triggered, and triggers and
        decisions come from as many threads as a web process has. ``start`` triggers one lane in
        another way than by the service.
        """
        goal = self.done() + lanes
        approved = 0
        with ThreadPoolExecutor(WEB_THREADS if at_once else 1) as web:
            if at_once:
                self.start_together(lanes, web, start)
            else:
                for _ in range(lanes):
                    (start or self.start)()

            def all_approved() -> bool:
                nonlocal approved
                for _ in web.map(lambda found: self.approve(*found), self.waiting()):
                    approved += 1
                return approved == lanes

            until(all_approved, seconds=seconds, what=f"{lanes} items came up", every=0.03)
        until(lambda: self.done() == goal, seconds=60, what=f"{goal} lanes are done")

    def check_record(self, lanes: int) -> None:
        """Fail unless the record says of this many lanes that each kept its promises."""
        effects = self.house.seen()["effects"]
        assert {count for count, _ in effects.values()} == {1}
        for table, each in (
            ("approvals_permit WHERE status = 'redeemed'", 1),
            ("approvals_decision", 1),
            ("workflows_call WHERE status = 'done'", 2),
            ("audit_event WHERE verb = 'effect.done'", 1),
        ):
            found = self.house.number(f"SELECT count(*) FROM {table}")
            assert found == each * lanes, (table, found)


def make_bench(house: House) -> Bench:
    """Three clients, as in the tests; the first has the lane."""
    world = make_world(shop=house.shop)
    client = world.harbor
    with tenant_scope(client.tenant.pk):
        lane = make_workflow(text=LANE, owner=client.owner, actor=admin_actor(world.admin))
    return Bench(house, client, lane, client.actor(), world.admin)


def another_client(bench: Bench, number: int) -> dict[str, Any]:
    """One more client with the same lane, as fields of a ``Bench``."""
    name = f"client-{number}"
    client = make_client(name, name, {"admin": bench.admin}, shop=bench.house.shop)
    with tenant_scope(client.tenant.pk):
        lane = make_workflow(text=LANE, owner=client.owner, actor=admin_actor(bench.admin))
    return {"client": client, "lane": lane, "owner": client.actor()}

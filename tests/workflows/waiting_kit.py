"""A run that waits for an event, and events sent to it."""

from typing import Any

from audit import outbox
from tenants.actors import Actor
from tenants.ids import uuid7
from tenants.roles import Capability
from tests.lanes import Lane
from tests.workflows.definition_kit import definition
from workflows.models import Run, StepRun
from workflows.services.events import send_event

PAID = """
  - name: paid
    wait: {event: payment.received, if: "event.cents >= 4820"%s}
  - name: after
    needs: [paid]
    wait: {until: "steps.paid.output.from"}
"""
FROM = "2026-11-17T12:00:00Z"
KEY = Actor("key", uuid7(), "API key shop", "key", frozenset({Capability.SEND_EVENTS}))


def use(lane: Lane, steps: str) -> Run:
    lane.use(definition(steps))
    return lane.start()


def tell(lane: Lane, name: str = "payment.received", key: str | None = None, **data: Any) -> bool:
    data = data or {"cents": 4820, "from": FROM}
    arrival, made = send_event(lane.run().pk, name=name, data=data, actor=KEY, idempotency_key=key)
    outbox.drain()
    assert arrival.name == name
    return made


def output(lane: Lane, step: str) -> Any:
    return StepRun.objects.get(run=lane.run(), name=step, replaced_at=None).output

"""The engine, drained in one process."""

import pytest

from approvals.models import ReviewItem
from audit import outbox
from tenants.scope import tenant_scope
from tests.world import REQUEST, make_world
from workflows.models import Run
from workflows.services.runs import start_run

pytestmark = pytest.mark.django_db


def test_a_request_becomes_one_item_with_both_actions() -> None:
    client = make_world().harbor
    with tenant_scope(client.tenant.pk):
        run, made = start_run(client.workflow, input=REQUEST, trigger="api", actor=client.actor())
        assert made
        outbox.drain()
        item = ReviewItem.objects.get()
        assert item.title == "Refund $48.20 to Mia Chen and tell them why"
        assert [p.args for p in item.proposals.order_by("position")] == [
            {
                "order": "10412",
                "customer": "Mia Chen",
                "amount": {"value": 4820, "currency": "USD"},
            },
            {
                "to": "mia@customers.example",
                "subject": "Re: Broken lamp",
                "body": item.draft["text"],
            },
        ]
        assert "[" not in item.draft["text"]
        run = Run.objects.get()
        assert run.status == "waiting"
        print(item.draft, item.evidence)

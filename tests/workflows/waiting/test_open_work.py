"""The open work of runs: what is read, and what is left out."""

from typing import Any

import pytest

from audit import outbox
from audit.models import Outbox
from tenants.scope import tenant_scope
from tests.world import REQUEST, World, make_world
from workflows.models import Run
from workflows.services.runs import start_run
from workflows.waiting.open_work import OpenWork, open_work_of
from workflows.waiting.selectors import TOPICS

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


def started(world: World) -> Run:
    client = world.harbor
    return start_run(client.workflow, input=REQUEST, trigger="api", actor=client.actor())[0]


def counts(found: OpenWork, run: Run) -> tuple[int, int, int]:
    """How many items, steps and jobs of the run are open."""
    parts: tuple[Any, ...] = (found.items, found.steps, found.jobs)
    items, steps, jobs = (len(part.get(run.pk, ())) for part in parts)
    return items, steps, jobs


def test_a_job_and_then_an_item_are_open(world: World) -> None:
    with tenant_scope(world.harbor.tenant.pk):
        run, other = started(world), started(world)
        found = open_work_of([run.pk], TOPICS)
        assert (counts(found, run), counts(found, other)) == ((0, 0, 1), (0, 0, 0))
        (job,) = found.all_jobs()
        assert (job.object_id, job.topic, job.kind, job.attempt) == (
            run.pk,
            "run.advance",
            "tool",
            1,
        )
        assert Outbox.objects.get(pk=job.id).due_at == job.due_at
        outbox.drain()
        found = open_work_of([run.pk, other.pk], TOPICS)
        assert (counts(found, run), counts(found, other)) == ((1, 0, 0), (1, 0, 0))
        (item,) = found.items[run.pk]
        assert (item.workflow_id, item.kind, item.draft) == (run.workflow_id, "proposal", None)


def test_a_job_of_another_topic_or_with_a_worker_is_not_open(world: World) -> None:
    with tenant_scope(world.harbor.tenant.pk):
        run = started(world)
        assert counts(open_work_of([run.pk], ["run.wake"]), run) == (0, 0, 0)
        (job,) = open_work_of([run.pk], TOPICS).all_jobs()
        assert outbox.claim(job.id)
        Outbox.objects.filter(pk=job.id, lease_until=None).update(parked_at=job.due_at)
        assert counts(open_work_of([run.pk], TOPICS), run) == (0, 0, 0)


def test_another_clients_work_is_not_seen(world: World) -> None:
    """T1."""
    with tenant_scope(world.harbor.tenant.pk):
        run = started(world)
    with tenant_scope(world.quill.tenant.pk):
        assert counts(open_work_of([run.pk], TOPICS), run) == (0, 0, 0)

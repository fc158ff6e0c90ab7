"""Reads of workflows, versions and runs."""

import pytest
from django.db.models import QuerySet

from tenants.errors import NotFound
from tenants.ids import uuid7
from tests.lanes import Lane
from tests.workflows.definition_kit import REPLY, definition
from tests.world import DEFINITION
from workflows import selectors
from workflows.models import Run, StepRun, Workflow
from workflows.services.definitions import publish
from workflows.services.runs import cancel_run


def ids(rows: QuerySet[Run]) -> list[object]:
    return [row.pk for row in rows]


def test_workflows_come_by_title_with_their_unfinished_runs(lane: Lane) -> None:
    lane.use(definition(REPLY).replace("title: Other", "title: Answers"))
    lane.start()
    ended = lane.start(n=2)
    cancel_run(ended.pk, actor=lane.client.actor())
    found = [(one.title, one.under_way) for one in selectors.workflows()]  # type: ignore[attr-defined]
    assert found == [("Answers", 1), ("Refund replies", 0)]


def test_a_workflow_without_a_version_is_not_published(lane: Lane) -> None:
    Workflow.objects.create(slug="empty", title="Empty", owner=lane.client.owner)
    assert [one.slug for one in selectors.published_workflows()] == ["refund-replies"]
    assert selectors.get_workflow("empty").live is None
    with pytest.raises(NotFound):
        selectors.get_workflow("nowhere")


def test_versions_come_newest_first_and_by_number(lane: Lane) -> None:
    publish(lane.workflow, text=DEFINITION, actor=lane.world.staff(lane.client))
    assert [one.number for one in selectors.workflow_versions(lane.workflow)] == [2, 1]
    assert selectors.get_version(lane.workflow, 1).number == 1
    with pytest.raises(NotFound):
        selectors.get_version(lane.workflow, 3)


def test_runs_are_listed_newest_first_by_workflow_and_status(lane: Lane) -> None:
    first, usual = lane.start(), lane.workflow
    second = lane.start(n=2)
    cancel_run(first.pk, actor=lane.client.actor())
    other = lane.use(definition(REPLY))
    third = lane.start(n=3)
    assert ids(selectors.listed_runs()) == [third.pk, second.pk, first.pk]
    assert ids(selectors.listed_runs(usual)) == [second.pk, first.pk]
    assert ids(selectors.listed_runs(usual, "cancelled")) == [first.pk]
    assert ids(selectors.unfinished_runs().order_by("id")) == [second.pk, third.pk]
    slugs = selectors.workflow_slugs({usual.pk, other.pk, uuid7()})
    assert slugs == {usual.pk: "refund-replies", other.pk: "other"}


def test_a_run_that_is_not_there_is_not_found(lane: Lane) -> None:
    run = lane.start()
    assert selectors.get_run(run.pk) == run
    for missing in (uuid7(), lane.workflow.pk):
        with pytest.raises(NotFound):
            selectors.get_run(missing)
    with pytest.raises(NotFound):
        selectors.get_run(run.pk, Run.objects.filter(status="done"))


def test_outputs_are_those_of_finished_steps_in_order(lane: Lane) -> None:
    run = lane.start()
    assert list(selectors.outputs_of(run)) == ["facts", "reply"]
    lane.decide()
    assert list(selectors.outputs_of(run)) == ["facts", "reply", "refund", "send"]


def test_outputs_are_those_of_whole_steps(lane: Lane) -> None:
    run = lane.start()
    given = selectors.outputs_of(run)
    for name, item in (("reply.1", None), ("reply", 0)):
        StepRun.objects.create(
            run=run, name=name, item=item, kind="call", status="done", output={"a": 1}
        )
    assert selectors.outputs_of(run) == given

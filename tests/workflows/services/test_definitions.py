"""Workflows are made, published, changed and paused, and what can't be is refused."""

import pytest

from audit.models import Event
from tenants.errors import Conflict, Forbidden, Invalid
from tests.lanes import Lane
from tests.workflows.definition_kit import REPLY, definition
from tests.world import DEFINITION
from workflows.definitions.problems import DefinitionError, Problem
from workflows.models import Workflow
from workflows.services import definitions


def problems(text: str, of: Workflow | None = None) -> list[Problem]:
    return definitions.examine(text, of=of)[1]


def test_a_workflow_is_made_with_its_first_version_live(lane: Lane) -> None:
    text = definition(REPLY, slug="answers", at_once="3")
    made = definitions.make_workflow(
        text=text, owner=lane.client.owner, actor=lane.world.staff(lane.client), note="First"
    )
    made.refresh_from_db()
    assert made.live is not None
    assert (made.slug, made.title, made.rung) == ("answers", "Other", "execute_with_approval")
    assert (made.live.number, made.live.definition, made.live.note) == (1, text, "First")
    assert made.at_once == 3
    verbs = Event.objects.order_by("id").values_list("verb", flat=True)
    assert list(verbs)[-2:] == ["workflow.made", "version.published"]


def test_a_workflow_without_a_title_is_called_by_its_name(lane: Lane) -> None:
    text = definition(REPLY, slug="help-pages").replace("title: Other\n", "")
    staff = lane.world.staff(lane.client)
    made = definitions.make_workflow(text=text, owner=lane.client.owner, actor=staff)
    assert made.title == "Help pages"


def test_the_owner_of_a_workflow_is_a_member(lane: Lane) -> None:
    staff, stranger = lane.world.staff(lane.client), lane.world.quill.owner
    text = definition(REPLY, slug="answers")
    with pytest.raises(Invalid) as refused:
        definitions.make_workflow(text=text, owner=stranger, actor=staff)
    assert refused.value.code == "bad_owner"
    assert not Workflow.objects.filter(slug="answers").exists()


def test_a_name_is_taken_once_and_kept(lane: Lane) -> None:
    assert [one.message for one in problems(DEFINITION)] == [
        "There is a workflow refund-replies already."
    ]
    assert problems(DEFINITION, lane.workflow) == []
    other = DEFINITION.replace("workflow: refund-replies", "workflow: other")
    assert [one.message for one in problems(other, lane.workflow)] == [
        "This is the definition of refund-replies: keep the name."
    ]


def test_a_text_that_can_not_be_read_has_no_definition(lane: Lane) -> None:
    found, [problem] = definitions.examine("a: [", of=None)
    assert (found, problem.line) == (None, 1)
    with pytest.raises(DefinitionError):
        definitions.check("a: [")


def test_a_version_is_published_over_the_one_it_was_written_from(lane: Lane) -> None:
    staff = lane.world.staff(lane.client)
    second = definitions.publish(lane.workflow, text=DEFINITION, actor=staff, base=1)
    assert second.number == 2
    with pytest.raises(Conflict) as refused:
        definitions.publish(lane.workflow, text=DEFINITION, actor=staff, base=1)
    assert (refused.value.code, refused.value.data["live"]) == ("version_moved", 2)
    assert definitions.publish(lane.workflow, text=DEFINITION, actor=staff).number == 3


def test_a_rung_that_is_none_is_refused(lane: Lane) -> None:
    staff = lane.world.staff(lane.client)
    with pytest.raises(Invalid) as refused:
        definitions.change_rung(lane.workflow, rung="do_anything", actor=staff)
    assert refused.value.code == "bad_rung"
    definitions.change_rung(lane.workflow, rung="draft_only", actor=staff, reason="Two bad weeks.")
    event = Event.objects.filter(verb="workflow.changed").latest("id")
    assert (event.before, event.after, event.reason) == (
        {"rung": "execute_with_approval"},
        {"rung": "draft_only"},
        "Two bad weeks.",
    )


def test_a_workflow_is_paused_once_and_goes_on_once(lane: Lane) -> None:
    owner = lane.client.actor()
    with pytest.raises(Conflict, match="is running already"):
        definitions.unpause(lane.workflow, actor=owner)
    definitions.pause(lane.workflow, actor=owner)
    with pytest.raises(Conflict, match="is paused already"):
        definitions.pause(lane.workflow, actor=owner)
    definitions.unpause(lane.workflow, actor=owner)
    assert Workflow.objects.get(pk=lane.workflow.pk).paused_at is None


def test_the_client_configures_nothing_and_a_viewer_pauses_nothing(lane: Lane) -> None:
    with pytest.raises(Forbidden):
        definitions.publish(lane.workflow, text=DEFINITION, actor=lane.client.actor())
    with pytest.raises(Forbidden):
        definitions.pause(lane.workflow, actor=lane.client.actor(lane.client.viewer))

"""The pages of workflows and their versions."""

import pytest
from django.test import Client as Browser

from tenants.scope import tenant_scope
from tests.portal.visiting import text, visit
from tests.world import DEFINITION, World, make_world
from workflows.models import Version, Workflow
from workflows.services.definitions import make_workflow

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


def test_only_those_who_may_see_the_buttons_and_others_are_refused(world: World) -> None:
    owner, viewer = (visit(getattr(world.harbor, r), world.harbor) for r in ("owner", "viewer"))
    assert "Pause this workflow" in text(owner.get("workflows/refund-replies/"))
    page = text(viewer.get("workflows/refund-replies/"))
    assert "Pause this workflow" not in page
    assert "Start a run" not in page
    assert viewer.post("workflows/refund-replies/pause/").status_code == 403
    assert viewer.post("workflows/refund-replies/start/", key="k").status_code == 403
    assert owner.get("workflows/refund-replies/edit/").status_code == 403


def test_another_tenants_workflow_is_the_same_404_as_a_missing_one(world: World) -> None:
    with tenant_scope(world.quill.tenant.pk):
        make_workflow(
            text=DEFINITION.replace("workflow: refund-replies", "workflow: only-quills"),
            owner=world.quill.owner,
            actor=world.staff(world.quill),
        )
    visitor = visit(world.harbor.owner, world.harbor)
    foreign, missing = (visitor.get(f"workflows/{slug}/") for slug in ("only-quills", "never-was"))
    assert foreign.status_code == missing.status_code == 404
    assert text(foreign).replace("only-quills", "") == text(missing).replace("never-was", "")


def test_pausing_and_going_on_are_told_and_shown(world: World) -> None:
    owner = visit(world.harbor.owner, world.harbor)
    assert owner.post("workflows/refund-replies/pause/", reason="odd replies").status_code == 302
    assert "paused since" in text(owner.get("workflows/refund-replies/"))
    assert "odd replies" in text(owner.get("record/"))
    assert owner.post("workflows/refund-replies/unpause/").status_code == 302
    assert "paused since" not in text(owner.get("workflows/refund-replies/"))


def test_a_version_with_mistakes_is_refused_with_each_place_and_the_text_is_kept(
    world: World,
) -> None:
    operator = visit(world.operator, world.harbor)
    broken = DEFINITION.replace("tool: mail.send", "tool: mail.sned").replace(
        "needs: [reply]", "needs: [rply]"
    )
    answer = operator.post("workflows/refund-replies/edit/", definition=broken, base=1, publish="1")
    page = text(answer)
    assert answer.status_code == 400
    line = next(n for n, row in enumerate(broken.split("\n"), 1) if "mail.sned" in row)
    assert f"Line {line}, column" in page
    assert "There is no tool called mail.sned." in page
    assert "There is no step called rply." in page
    assert "mail.sned" in answer.content.decode().split("<textarea")[1]
    with tenant_scope(world.harbor.tenant.pk):
        assert Version.objects.count() == 1


def test_checking_draws_the_version_and_publishes_nothing(world: World) -> None:
    operator = visit(world.operator, world.harbor)
    renamed = DEFINITION.replace("name: send", "name: tell_her")
    answer = operator.post("workflows/refund-replies/edit/", definition=renamed, check="1")
    assert "This would work. It is not published yet." in text(answer)
    assert "tell_her</text>" in text(answer)
    with tenant_scope(world.harbor.tenant.pk):
        assert Version.objects.count() == 1


def test_publishing_keeps_the_text_as_it_was_written(world: World) -> None:
    operator = visit(world.operator, world.harbor)
    changed = DEFINITION.replace("I'm sorry about that.", "I'm very sorry.")
    answer = operator.post(
        "workflows/refund-replies/edit/",
        definition=changed.replace("\n", "\r\n"),
        base=1,
        note="A kinder tone",
        publish="1",
    )
    assert answer.status_code == 302
    with tenant_scope(world.harbor.tenant.pk):
        workflow = Workflow.objects.select_related("live").get()
        assert workflow.live is not None
        assert (workflow.live.number, workflow.live.definition) == (2, changed)
    assert "A kinder tone" in text(operator.get("workflows/refund-replies/versions/"))
    assert "I&#x27;m very sorry." in text(operator.get("workflows/refund-replies/versions/2/"))
    assert operator.get("workflows/refund-replies/versions/3/").status_code == 404


def test_a_version_written_from_an_older_one_is_not_published_over_a_newer_one(
    world: World,
) -> None:
    operator = visit(world.operator, world.harbor)
    path = "workflows/refund-replies/edit/"
    assert operator.post(path, definition=DEFINITION, base=1, publish="1").status_code == 302
    answer = operator.post(path, definition=DEFINITION, base=1, publish="1")
    assert answer.status_code == 409
    assert "Version 2 was published while you wrote." in text(answer)


def test_a_stranger_is_sent_to_sign_in() -> None:
    world = make_world()
    assert Browser().get(f"/t/{world.harbor.tenant.slug}/workflows/").status_code == 302

"""The record, its filters and its seals."""

from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.models import Event
from tenants.scope import tenant_scope
from tenants.services.people import end_membership, invite
from tenants.services.tenants import resume_everything, stop_everything
from tests.portal.visiting import ROLES, text, visit
from tests.world import World, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


def test_every_role_reads_the_record_newest_first_in_words(world: World) -> None:
    with tenant_scope(world.harbor.tenant.pk):
        stop_everything(actor=world.harbor.actor(), reason="odd replies")
        resume_everything(actor=world.harbor.actor())
    for role in ROLES:
        page = text(visit(getattr(world.harbor, role), world.harbor).get("record/"))
        assert page.index("let everything go on") < page.index("stopped everything")
        assert "“odd replies”" in page
        assert "published version 1 of Refund replies" in page


def test_the_record_narrows_to_a_family_a_person_and_an_object(world: World) -> None:
    owner = visit(world.harbor.owner, world.harbor)
    with tenant_scope(world.harbor.tenant.pk):
        invite(email="new@example.org", role="viewer", actor=world.harbor.actor())
        about = Event.objects.get(verb="person.invited").object_id
    people = text(owner.get("record/", family="person"))
    assert "invited new@example.org" in people
    assert "published version" not in people
    mine = text(owner.get("record/", actor=str(world.harbor.owner.pk)))
    assert "invited new@example.org" in mine
    assert "added the source" not in mine
    only = text(owner.get("record/", object=str(about)))
    assert only.count("<time ") == 1
    assert owner.get("record/", object="nonsense").status_code == 404


def test_another_tenants_lines_never_show(world: World) -> None:
    with tenant_scope(world.quill.tenant.pk):
        stop_everything(actor=world.quill.actor(), reason="canary-of-quill")
    owner = visit(world.harbor.owner, world.harbor)
    assert "canary-of-quill" not in text(owner.get("record/"))
    for query in (
        {"object": str(world.quill.tenant.pk)},
        {"actor": str(world.quill.owner.pk)},
        {"object": str(uuid4())},
    ):
        assert "Nothing here" in text(owner.get("record/", **query))


def test_the_record_asks_few_questions(world: World) -> None:
    owner = visit(world.harbor.owner, world.harbor)
    owner.get("record/")
    with CaptureQueriesContext(connection) as asked:
        owner.get("record/")
    assert len(asked) <= 15  # with the client's people and policies, for the sidebar's numbers


def test_nothing_on_the_record_page_writes(world: World) -> None:
    owner = visit(world.harbor.owner, world.harbor)
    assert owner.post("record/").status_code == 405
    assert owner.get("record/seals/check/").status_code == 405


def test_history_keeps_the_name_of_somebody_who_left(world: World) -> None:
    with tenant_scope(world.harbor.tenant.pk):
        membership = world.harbor.viewer.memberships.get()
        end_membership(membership.pk, actor=world.harbor.actor())
    page = text(visit(world.harbor.owner, world.harbor).get("record/", family="person"))
    assert "ended the membership of Viewer Harbor &amp; Pine" in page

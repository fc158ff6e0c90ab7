"""The page of people: who is here, who is invited, and how the invitations stand."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from portal.notices.models import Notice
from tenants import access, clock
from tenants.models import User
from tenants.scope import tenant_scope
from tenants.services.people import add_member, invite
from tests.portal.visiting import ROLES, text, visit
from tests.world import World, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


def test_every_role_sees_who_is_here_and_what_roles_mean(world: World) -> None:
    for role in ROLES:
        page = text(visit(getattr(world.harbor, role), world.harbor).get("people/"))
        assert "approver@harbor-pine.example" in page
        assert "Reviews and approves in the workflows they were given. Sees the rest." in page
        assert "Northlight Operations" in page
        assert "Configures and runs the workflows of the clients they are assigned to." in page
        assert "quill" not in page
        assert ("Invite somebody" in page) == (role == "owner")
        assert ("API keys" in page) == (role == "owner")


@pytest.mark.parametrize(
    ("status", "problem", "said", "is_handed"),
    [
        ("owed", "", "the mail is on its way", False),
        ("owed", "Busy.", "the mail could not be sent: Busy", True),
        ("sending", "", "the mail is on its way", False),
        ("sent", "", "the mail was sent", False),
        ("in_doubt", "It died.", "nobody knows whether the mail went out", True),
        ("failed", "", "the mail could not be sent", True),
    ],
)
def test_how_an_invitations_mail_stands_is_said_as_it_is(
    world: World, status: str, problem: str, said: str, is_handed: bool
) -> None:
    owner = visit(world.harbor.owner, world.harbor)
    owner.post("people/invite/", email="new@example.org", role="viewer")
    with tenant_scope(world.harbor.tenant.pk):
        Notice.objects.update(status=status, problem=problem)
    page = text(owner.get("people/"))
    assert f"· {said}</span>" in page
    assert ("Hand the link over yourself" in page) is is_handed


def test_an_invitation_that_ran_out_says_so(world: World) -> None:
    with tenant_scope(world.harbor.tenant.pk):
        invite(email="slow@example.org", role="viewer", actor=world.harbor.actor())
    owner = visit(world.harbor.owner, world.harbor)
    assert "has run out" not in text(owner.get("people/"))
    with clock.at(clock.now() + timedelta(days=8)):
        assert "has run out" in text(owner.get("people/"))


def test_the_page_asks_the_same_number_of_questions_for_many_people(world: World) -> None:
    owner = visit(world.harbor.owner, world.harbor)

    def questions() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert owner.get("people/").status_code == 200
        return len(asked)

    questions()
    few = questions()
    for n in range(10):
        user = User.objects.create_user(f"more{n}@harbor-pine.example", name=f"More {n}")
        add_member(world.harbor.tenant, user, role="approver")
        with tenant_scope(world.harbor.tenant.pk):
            access.grant(world.harbor.workflow, user, actor=world.harbor.actor())
            invite(email=f"asked{n}@example.org", role="viewer", actor=world.harbor.actor())
    assert questions() == few

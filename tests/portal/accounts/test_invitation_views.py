"""Invitations: what they say, who may use them, and once only."""

import pytest
from django.test import Client as Http

from tenants import access
from tenants.models import Invitation, User
from tenants.scope import tenant_scope
from tenants.services.people import invitation_token, invite, withdraw_invitation
from tests.portal.accounts.accounts_kit import signed_in, with_password
from tests.world import PASSWORD, Client, World, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


def invited(client: Client, email: str, role: str = "approver") -> tuple[Invitation, str]:
    """An open invitation and the address its mail leads to."""
    with tenant_scope(client.tenant.pk):
        invitation = invite(email=email, role=role, actor=client.actor())
    return invitation, f"/invitations/{invitation_token(invitation)}/"


def test_an_invitation_says_who_invites_to_what_as_what(world: World) -> None:
    _, address = invited(world.harbor, "dana@harbor.example")
    page = Http().get(address).content.decode()
    assert "Owner Harbor &amp; Pine" in page
    assert "Join Harbor &amp; Pine" in page
    assert "approver" in page
    assert "Reviews and approves in the workflows they were given" in page


def test_a_newcomer_joins_with_a_name_and_a_password_and_is_signed_in(world: World) -> None:
    _, address = invited(world.harbor, "dana@harbor.example")
    http = Http()
    answer = http.post(address, {"name": "Dana Reyes", "password": PASSWORD})
    assert answer["Location"] == "/t/harbor-pine/review/"
    assert http.get("/t/harbor-pine/review/").status_code == 200
    user = User.objects.get(email="dana@harbor.example")
    assert user.name == "Dana Reyes"
    found = access.actor_in(user, world.harbor.tenant)
    assert found is not None
    assert found.role == "approver"
    assert not user.is_staff


def test_looking_at_an_invitation_accepts_nothing(world: World) -> None:
    """A3: mail programs open links."""
    invitation, address = invited(world.harbor, world.quill.owner.email)
    http = signed_in(world.quill.owner)
    for _ in range(10):
        assert http.get(address).status_code == 200
        assert http.head(address).status_code == 200
    invitation.refresh_from_db()
    assert invitation.accepted_at is None


def test_an_easy_password_is_refused_and_no_account_is_made(world: World) -> None:
    _, address = invited(world.harbor, "dana@harbor.example")
    for password in ("password", "12345678901", "dana@harbor.example", ""):
        page = Http().post(address, {"name": "Dana", "password": password})
        assert page.status_code == 200
        assert "errorlist" in page.content.decode()
    assert not User.objects.filter(email="dana@harbor.example").exists()


def test_an_invitation_is_used_once(world: World) -> None:
    _, address = invited(world.harbor, "dana@harbor.example")
    Http().post(address, {"name": "Dana", "password": PASSWORD})
    again = Http().post(address, {"name": "Eve", "password": PASSWORD})
    assert again.status_code == 404
    assert Http().get(address).status_code == 404


def test_a_withdrawn_or_forged_invitation_is_not_there(world: World) -> None:
    client = world.harbor
    invitation, address = invited(client, "dana@harbor.example")
    with tenant_scope(client.tenant.pk):
        withdraw_invitation(invitation.pk, actor=client.actor())
    assert Http().get(address).status_code == 404
    assert Http().get("/invitations/forged/").status_code == 404
    assert Http().post("/invitations/forged/", {"name": "E", "password": "x"}).status_code == 404


def test_somebody_with_an_account_signs_in_first_then_joins(world: World) -> None:
    user = with_password(world.quill.owner)
    _, address = invited(world.harbor, user.email, role="viewer")
    http = Http()
    page = http.get(address).content.decode()
    assert f"/accounts/login/?next={address.replace(':', '%3A')}" in page
    stolen = http.post(address, {"name": "Mallory", "password": PASSWORD})
    assert stolen.status_code == 200
    assert access.actor_in(user, world.harbor.tenant) is None
    http.force_login(user)
    assert http.post(address)["Location"] == "/t/harbor-pine/review/"
    found = access.actor_in(user, world.harbor.tenant)
    assert found is not None
    assert found.role == "viewer"


def test_another_person_cannot_use_an_invitation(world: World) -> None:
    invitation, address = invited(world.harbor, "dana@harbor.example")
    http = signed_in(world.quill.owner)
    page = http.post(address).content.decode()
    assert "You are signed in as owner@quill-books.example" in page
    invitation.refresh_from_db()
    assert invitation.accepted_at is None

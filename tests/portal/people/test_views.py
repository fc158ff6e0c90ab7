"""People, invitations, grants and keys."""

from uuid import UUID, uuid4

import pytest

from audit.models import Event
from portal.notices.models import Notice
from tenants import access
from tenants.errors import NotFound
from tenants.models import ApiKey, Invitation, Membership, User
from tenants.roles import Capability
from tenants.scope import tenant_scope
from tenants.services.keys import make_key
from tenants.services.people import (
    add_member,
    change_role,
    end_membership,
    get_open_invitation,
    invitation_token,
    invite,
    join_invited,
)
from tests.portal.visiting import text, visit
from tests.world import Client, World, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


def membership(client: Client, user: User) -> UUID:
    return Membership.objects.get(tenant=client.tenant, user=user).pk


def test_inviting_owes_one_mail_and_shows_the_invitation(world: World) -> None:
    owner = visit(world.harbor.owner, world.harbor)
    assert owner.post("people/invite/", email="new@example.org", role="viewer").status_code == 302
    with tenant_scope(world.harbor.tenant.pk):
        invitation = Invitation.objects.get()
        assert [n.to for n in Notice.objects.all()] == ["new@example.org"]
    assert "new@example.org" in text(owner.get("people/"))
    again = owner.post("people/invite/", email="new@example.org", role="viewer")
    assert again.status_code == 400
    assert "has an open invitation" in text(again)
    assert owner.post(f"people/invitations/{invitation.pk}/withdraw/").status_code == 302
    assert "new@example.org" not in text(owner.get("people/"))


def test_an_invitation_whose_mail_did_not_go_out_is_handed_over_or_sent_again(world: World) -> None:
    owner = visit(world.harbor.owner, world.harbor)
    owner.post("people/invite/", email="new@example.org", role="viewer")
    assert "the mail is on its way" in text(owner.get("people/"))
    assert "/invitations/" not in text(owner.get("people/")).replace("/people/invitations/", "")
    with tenant_scope(world.harbor.tenant.pk):
        invitation = Invitation.objects.get()
        Notice.objects.update(status="failed", problem="Nothing answers there.")
    page = text(owner.get("people/"))
    assert "the mail could not be sent: Nothing answers there" in page
    assert f"/invitations/{invitation_token(invitation)}/" in page
    viewer = visit(world.harbor.viewer, world.harbor)
    assert invitation_token(invitation) not in text(viewer.get("people/"))
    assert owner.post(f"people/invitations/{invitation.pk}/again/").status_code == 302
    with tenant_scope(world.harbor.tenant.pk):
        assert Notice.objects.count() == 2
    assert viewer.post(f"people/invitations/{invitation.pk}/again/").status_code == 403


def test_a_role_changes_and_the_last_owner_stays(world: World) -> None:
    owner = visit(world.harbor.owner, world.harbor)
    viewer = membership(world.harbor, world.harbor.viewer)
    assert owner.post(f"people/{viewer}/role/", role="approver").status_code == 302
    assert Membership.objects.get(pk=viewer).role == "approver"
    mine = membership(world.harbor, world.harbor.owner)
    answer = owner.post(f"people/{mine}/role/", role="viewer")
    assert answer.status_code == 409
    assert "Somebody must stay owner." in text(answer)
    assert owner.post(f"people/{mine}/leave/").status_code == 409
    assert owner.post(f"people/{viewer}/role/", role="emperor").status_code == 400


def test_whoever_is_let_go_is_out_at_once(world: World) -> None:
    owner, viewer = (visit(getattr(world.harbor, r), world.harbor) for r in ("owner", "viewer"))
    assert viewer.get("people/").status_code == 200
    pk = membership(world.harbor, world.harbor.viewer)
    assert owner.post(f"people/{pk}/leave/").status_code == 302
    assert viewer.get("people/").status_code == 404


def test_grants_are_given_and_taken_back(world: World) -> None:
    owner = visit(world.harbor.owner, world.harbor)
    pk = membership(world.harbor, world.harbor.approver)
    workflow = {"workflow": str(world.harbor.workflow.pk)}

    def decides() -> bool:
        with tenant_scope(world.harbor.tenant.pk):
            actor = world.harbor.actor(world.harbor.approver)
            return access.may(actor, Capability.DECIDE, world.harbor.workflow.pk)

    assert decides()
    assert "Decides in <a" in text(owner.get("people/"))
    assert owner.post(f"people/{pk}/take-back/", **workflow).status_code == 302
    assert not decides()
    assert "Decides nowhere yet" in text(owner.get("people/"))
    assert owner.post(f"people/{pk}/grant/", **workflow).status_code == 302
    assert decides()


def test_invitations_of_somebody_let_go_are_void(world: World) -> None:
    client = world.harbor
    add_member(client.tenant, client.approver, role="owner")
    with tenant_scope(client.tenant.pk):
        second = client.actor(client.approver)
        token = invitation_token(invite(email="new@example.org", role="owner", actor=second))
        assert get_open_invitation(token)
        end_membership(membership(client, client.approver), actor=client.actor())
        assert not Invitation.objects.filter(accepted_at=None, withdrawn_at=None).exists()
        with pytest.raises(NotFound):
            get_open_invitation(token)
        again = invite(email="new@example.org", role="owner", actor=client.actor())
        assert get_open_invitation(invitation_token(again))


@pytest.mark.parametrize("how", ["demoted", "disabled"])
def test_an_invitation_ends_with_the_right_to_invite(world: World, how: str) -> None:
    client = world.harbor
    add_member(client.tenant, client.approver, role="owner")
    inviter = client.approver
    with tenant_scope(client.tenant.pk):
        actor = access.actor_in(inviter, client.tenant)
        assert actor is not None
        token = invitation_token(invite(email="new@example.org", role="viewer", actor=actor))
        if how == "demoted":
            change_role(membership(client, inviter), role="approver", actor=client.actor())
        else:
            User.objects.filter(pk=inviter.pk).update(is_active=False)
        with pytest.raises(NotFound):
            get_open_invitation(token)
        with pytest.raises(NotFound):
            join_invited(token, name="New", password="x" * 20)


def test_grants_of_somebody_let_go_do_not_come_back_with_them(world: World) -> None:
    """A4, W4: who is invited again later begins with nothing."""
    client = world.harbor
    with tenant_scope(client.tenant.pk):
        assert access.granted_workflows(client.approver.pk) == {client.workflow.pk}
        end_membership(membership(client, client.approver), actor=client.actor())
        add_member(client.tenant, client.approver, role="approver")
        assert access.granted_workflows(client.approver.pk) == set()
        back = client.actor(client.approver)
        assert not access.may(back, Capability.DECIDE, client.workflow.pk)
        [event] = Event.objects.filter(verb="grant.taken")
        assert event.before == {"to": str(client.approver), "may": "decide"}


def test_another_tenants_people_are_the_same_404_as_missing_ones(world: World) -> None:
    owner = visit(world.harbor.owner, world.harbor)
    with tenant_scope(world.quill.tenant.pk):
        invitation = invite(email="q@example.org", role="viewer", actor=world.quill.actor())
        key, _ = make_key(name="quill", scopes=["runs:read"], actor=world.quill.actor())
    member = membership(world.quill, world.quill.viewer)
    for path, pk, form in (
        ("people/{}/role/", member, {"role": "viewer"}),
        ("people/{}/leave/", member, {}),
        ("people/{}/grant/", member, {"workflow": str(world.harbor.workflow.pk)}),
        ("people/{}/take-back/", member, {"workflow": str(world.harbor.workflow.pk)}),
        ("people/invitations/{}/withdraw/", invitation.pk, {}),
        ("people/keys/{}/revoke/", key.pk, {}),
    ):
        answers = [owner.post(path.format(which), **form) for which in (pk, uuid4())]
        assert [a.status_code for a in answers] == [404, 404], path
        assert text(answers[0]) == text(answers[1])
    assert Membership.objects.get(pk=member).is_active


def test_a_viewer_changes_nothing(world: World) -> None:
    viewer = visit(world.harbor.viewer, world.harbor)
    pk = membership(world.harbor, world.harbor.approver)
    workflow = {"workflow": str(world.harbor.workflow.pk)}
    for path, form in (
        ("people/invite/", {"email": "x@example.org", "role": "owner"}),
        (f"people/{pk}/role/", {"role": "viewer"}),
        (f"people/{pk}/leave/", {}),
        (f"people/{pk}/grant/", workflow),
        (f"people/{pk}/take-back/", workflow),
        ("people/keys/make/", {"name": "mine", "scopes": ["runs:write"]}),
    ):
        assert viewer.post(path, **form).status_code == 403, path


def test_a_keys_text_is_shown_once_and_kept_nowhere(world: World) -> None:
    owner = visit(world.harbor.owner, world.harbor)
    made = owner.post("people/keys/make/", name="Help desk", scopes=["runs:write"])
    assert made.status_code == 200
    assert "no-store" in made["Cache-Control"]
    shown = made.content.decode().split('<code class="secret" tabindex="0">')[1].split("<")[0]
    assert shown.startswith(f"hr_{world.harbor.tenant.pk.hex}_")
    secret = shown.split("_")[3]
    later = text(owner.get("people/"))
    assert "Help desk" in later
    assert secret not in later
    with tenant_scope(world.harbor.tenant.pk):
        key = ApiKey.objects.get()
        assert secret not in str(vars(key))
    assert owner.post(f"people/keys/{key.pk}/revoke/").status_code == 302
    assert "revoked" in text(owner.get("people/"))
    assert owner.post(f"people/keys/{key.pk}/revoke/").status_code == 409

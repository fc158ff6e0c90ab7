"""Forms of people: what may be chosen, and what is asked for again."""

from uuid import UUID, uuid4

import pytest

from tenants.models import ApiKey, Membership, User
from tenants.scope import tenant_scope
from tests.portal.visiting import visit
from tests.world import Client, World, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


def membership(client: Client, user: User) -> UUID:
    return Membership.objects.get(tenant=client.tenant, user=user).pk


def test_another_tenants_workflow_can_not_be_granted(world: World) -> None:
    owner = visit(world.harbor.owner, world.harbor)
    pk = membership(world.harbor, world.harbor.approver)
    for workflow in (world.quill.workflow.pk, uuid4()):
        assert owner.post(f"people/{pk}/grant/", workflow=str(workflow)).status_code == 400


def test_a_key_without_scopes_is_asked_for_again(world: World) -> None:
    owner = visit(world.harbor.owner, world.harbor)
    assert owner.post("people/keys/make/", name="nothing").status_code == 400
    with tenant_scope(world.harbor.tenant.pk):
        assert not ApiKey.objects.exists()

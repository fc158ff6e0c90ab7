"""Forms of sources: which names and owners are taken."""

import pytest

from tenants.models import Source
from tenants.scope import tenant_scope
from tests.portal.visiting import text, visit
from tests.world import World, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


def test_a_name_workflows_could_not_use_is_refused(world: World) -> None:
    owner = visit(world.harbor.owner, world.harbor)
    answer = owner.post("add-source/", title="X", name="Not A Name", kind="document")
    assert answer.status_code == 400
    assert "Use small letters, digits and hyphens" in text(answer)


def test_another_tenants_person_can_not_be_made_owner(world: World) -> None:
    owner = visit(world.harbor.owner, world.harbor)
    answer = owner.post(
        "sources/orders/",
        title="Orders",
        owner=str(world.quill.owner.pk),
        authority=1,
        max_age_days=3,
    )
    assert answer.status_code == 400
    with tenant_scope(world.harbor.tenant.pk):
        assert Source.objects.get(name="orders").owner_id == world.harbor.owner.pk

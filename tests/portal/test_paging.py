"""Pages of a list join without a gap, whichever way one turns."""

import pytest

from audit.models import Event
from tenants.scope import tenant_scope
from tenants.services.tenants import resume_everything, stop_everything
from tests.portal.visiting import text, visit
from tests.world import World, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


def test_pages_of_the_record_join(world: World) -> None:
    with tenant_scope(world.harbor.tenant.pk):
        for _ in range(30):
            stop_everything(actor=world.harbor.actor())
            resume_everything(actor=world.harbor.actor())
        total = Event.objects.count()
        ids = list(Event.objects.order_by("-id").values_list("id", flat=True))
    owner = visit(world.harbor.owner, world.harbor)
    first, second = owner.get("record/"), owner.get("record/", after=str(ids[49]))
    assert text(first).count("<time ") == 50
    assert text(second).count("<time ") == total - 50
    assert 'rel="prev"' not in text(first)
    assert 'rel="next"' not in text(second)

"""What the tests of chat and push share."""

from datetime import timedelta

from audit import outbox
from portal.notices import new_items
from portal.notices.models import Notice
from tenants import clock
from tenants.scope import tenant_scope
from tests.world import World


def look() -> None:
    clock.pass_time(timedelta(minutes=1))
    new_items.begin_item_checks()
    outbox.drain()


def statuses(world: World) -> list[tuple[str, str]]:
    with tenant_scope(world.harbor.tenant.pk):
        return list(Notice.objects.order_by("id").values_list("channel", "status"))

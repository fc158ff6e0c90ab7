"""People who hear of new items, and what they are told."""

from datetime import timedelta
from typing import Any

from audit import outbox
from portal.notices import new_items
from portal.notices.models import NoticePreference
from tenants import access, clock
from tenants.models import User
from tenants.scope import tenant_scope
from tests.world import Client, World


def hear_again(world: World) -> None:
    """Nobody has chosen how to hear of items."""
    for client in (world.harbor, world.quill):
        with tenant_scope(client.tenant.pk):
            NoticePreference.objects.all().delete()


def access_only_owner(client: Client) -> None:
    """The approver has no workflow, so that only the owner is told."""
    with tenant_scope(client.tenant.pk):
        access.revoke(client.workflow, client.approver, actor=client.actor())


def prefer(client: Client, user: User | None = None, **chosen: Any) -> None:
    with tenant_scope(client.tenant.pk):
        person = user or client.owner
        NoticePreference.objects.update_or_create(person=person, defaults=chosen)


def look(minutes: float = 1) -> None:
    """Let the next look come, and everything that follows from it."""
    clock.pass_time(timedelta(minutes=minutes))
    new_items.begin_item_checks()
    outbox.drain()

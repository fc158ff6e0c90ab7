"""A workflow with a mailbox and a schedule, and its work."""

from datetime import UTC, datetime, timedelta

from audit import outbox
from tenants import clock
from tenants.scope import tenant_scope
from tenants.services.tenants import change_tenant
from tests.fakes.imap import ImapBox
from tests.portal.visiting import Visitor, visit
from tests.workflows.definition_kit import REPLY, definition
from tests.world import World
from workflows.services.definitions import make_workflow

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)  # a Friday
ON = '{mail: {mailbox: support}, schedule: [{cron: "0 9 * * mon-fri", input: {message: Hi}}]}'


def form(box: ImapBox, **changes: object) -> dict[str, object]:
    given = {
        "name": "support",
        "address": "support@harbor.example",
        "host": "127.0.0.1",
        "port": box.port,
        "security": "none",
        "username": box.user,
        "password": box.password,
        "folder": "INBOX",
        "every": 60,
    }
    return given | changes


def work(world: World, minutes: float = 0) -> None:
    if minutes:
        clock.pass_time(timedelta(minutes=minutes))
    with tenant_scope(world.harbor.tenant.pk):
        outbox.drain()


def use(world: World, on: str = ON) -> None:
    with tenant_scope(world.harbor.tenant.pk):
        text_ = definition(REPLY, slug="support", on=on)
        make_workflow(text=text_, owner=world.harbor.owner, actor=world.staff(world.harbor))


def operator_of(world: World, box: ImapBox) -> Visitor:
    """A member of staff, once the client allows the fake's address."""
    with tenant_scope(world.harbor.tenant.pk):
        hosts = [f"127.0.0.1:{box.port}"]
        change_tenant(world.harbor.tenant, actor=world.staff(world.harbor), allowed_hosts=hosts)
    return visit(world.operator, world.harbor)

"""Fixtures of the tests of mailboxes."""

from collections.abc import Iterator

import pytest

from audit import outbox
from tenants.services.tenants import change_tenant
from tests.fakes.doors import allow
from tests.fakes.imap import ImapBox
from tests.lanes import Lane
from tests.workflows.definition_kit import REPLY, definition
from tests.workflows.triggers.mail.mailbox_kit import CANARY, FROM_MAIL, add
from workflows.models import Mailbox, Run


@pytest.fixture
def box() -> Iterator[ImapBox]:
    with ImapBox(password=CANARY) as opened:
        allow(f"127.0.0.1:{opened.port}")
        yield opened


@pytest.fixture
def mailbox(lane: Lane, box: ImapBox) -> Mailbox:
    """Harbor's support mailbox, and a workflow that starts from it."""
    staff = lane.world.staff(lane.client)
    hosts = [*lane.tenant().allowed_hosts, f"127.0.0.1:{box.port}"]
    change_tenant(lane.tenant(), actor=staff, allowed_hosts=hosts)
    made = add(lane, box)
    lane.use(definition(REPLY, slug="support", on=FROM_MAIL))
    outbox.drain()
    assert Run.objects.count() == 0
    return made

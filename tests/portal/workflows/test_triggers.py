"""What starts a workflow, in words: its schedules and its mailbox."""

from collections.abc import Iterator

import pytest

from tenants import clock
from tenants.scope import tenant_scope
from tests.fakes.doors import allow
from tests.fakes.imap import ImapBox
from tests.portal.mailboxes.mailbox_kit import NOON, form, operator_of, use, work
from tests.portal.visiting import Visitor, text, visit
from tests.workflows.definition_kit import REPLY, definition
from tests.world import World, make_world
from workflows.models import Run
from workflows.services import definitions

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> Iterator[World]:
    with clock.at(NOON):
        yield make_world()


@pytest.fixture
def box() -> Iterator[ImapBox]:
    with ImapBox() as opened:
        allow(f"127.0.0.1:{opened.port}")
        yield opened


@pytest.fixture
def operator(world: World, box: ImapBox) -> Visitor:
    return operator_of(world, box)


def test_the_workflow_page_says_what_starts_it(
    world: World, operator: Visitor, box: ImapBox
) -> None:
    operator.post("add-mailbox/", **form(box))
    use(world)
    work(world)
    owner = visit(world.harbor.owner, world.harbor)
    page = text(owner.get("workflows/support/"))
    assert "Starts at 09:00 on Monday through Friday (next: Mon 23 Nov 09:00, UTC)" in page
    assert "Starts from mail to support@harbor.example" in page
    assert "No run of it yet" in page
    assert "made up for once" in page
    assert "the mailbox</a>" not in page
    assert "the mailbox</a>" in text(operator.get("workflows/support/"))
    work(world, minutes=3 * 24 * 60)
    page = text(owner.get("workflows/support/"))
    with tenant_scope(world.harbor.tenant.pk):
        run = Run.objects.get(trigger="schedule")
    assert f"/runs/{run.pk}/" in page
    shown = text(owner.get(f"runs/{run.pk}/"))
    assert "Schedule: at 09:00 on Monday through Friday" in shown


def test_a_paused_workflow_says_that_it_starts_nothing(world: World) -> None:
    use(world, '{schedule: [{cron: "0 9 * * *", input: {message: Hi}}]}')
    owner = visit(world.harbor.owner, world.harbor)
    assert "starts nothing while it is held" not in text(owner.get("workflows/support/"))
    owner.post("workflows/support/pause/")
    assert "starts nothing while it is held" in text(owner.get("workflows/support/"))


def test_pausing_by_publishing_without_it_ends_the_schedule(world: World) -> None:
    use(world, '{schedule: [{cron: "0 9 * * *", input: {message: Hi}}]}')
    with tenant_scope(world.harbor.tenant.pk):
        workflow = world.harbor.workflow.__class__.objects.get(slug="support")
        definitions.publish(
            workflow, text=definition(REPLY, slug="support"), actor=world.staff(world.harbor)
        )
    owner = visit(world.harbor.owner, world.harbor)
    assert "What starts it" not in text(owner.get("workflows/support/"))

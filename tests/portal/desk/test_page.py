"""The provider's desk: every assigned client, read only, in a fixed number of questions."""

import re
from datetime import timedelta

import pytest
from django.db import connections
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from approvals.decisions.services import Choice, decide
from approvals.models import ReviewItem
from audit import outbox
from audit.models import Outbox
from portal.desk import page as desk
from tenants import clock
from tenants.models import Assignment, Source, Tenant, User
from tenants.scope import tenant_scope
from tenants.services.tenants import stop_everything
from tests.portal.visiting import text
from tests.world import REQUEST, Client, World, make_client, make_world
from workflows.models import Mailbox
from workflows.services.definitions import pause
from workflows.services.runs import start_run

pytestmark = pytest.mark.usefixtures("committed")


@pytest.fixture
def world(committed: None) -> World:
    return make_world()


def browser_of(user: User) -> Browser:
    browser = Browser()
    browser.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return browser


def look(user: User) -> dict[str, desk.Client]:
    tenants = list(Tenant.objects.filter(assignments__user=user))
    return {client.tenant.slug: client for client in desk.clients(user, tenants)}


def fail_a_run(client: Client) -> None:
    """Approve an action of a shop that nobody runs: the run fails and asks for help."""
    start_run(client.workflow, input=REQUEST, trigger="api", actor=client.actor())
    outbox.drain()
    item = ReviewItem.objects.get(status="waiting")
    decide(item.pk, Choice("accept", item.content_hash), actor=client.actor())
    with clock.at(clock.now()):
        for _ in range(3):
            outbox.drain()
            clock.pass_time(timedelta(minutes=1))


def test_only_assigned_clients_show(world: World) -> None:
    page = text(browser_of(world.operator).get("/desk/"))
    assert "Harbor &amp; Pine" in page
    assert 'href="/t/harbor-pine/quality/"' in page
    assert "Quill Books" in page
    assert "Sable Yoga" not in page
    assert "Sable Yoga" in text(browser_of(world.admin).get("/desk/"))


def test_the_connection_itself_hides_clients_nobody_assigned(world: World) -> None:
    with tenant_scope(world.sable.tenant.pk):
        start_run(world.sable.workflow, input=REQUEST, trigger="api", actor=world.sable.actor())
        outbox.drain()
    everybody = list(Tenant.objects.all())
    seen = {c.tenant.slug: c.waiting for c in desk.clients(world.operator, everybody)}
    assert seen["sable-yoga"] == 0
    assert {c.tenant.slug: c.waiting for c in desk.clients(world.admin, everybody)}[
        "sable-yoga"
    ] == 1


def test_the_desk_counts_what_waits_and_what_is_wrong(world: World) -> None:
    harbor, quill = world.harbor, world.quill
    with tenant_scope(harbor.tenant.pk):
        fail_a_run(harbor)
        start_run(harbor.workflow, input=REQUEST, trigger="api", actor=harbor.actor())
        outbox.drain()
        stale = clock.now() - timedelta(days=91)
        Source.objects.filter(name="orders").update(verified_at=stale)
    with tenant_scope(quill.tenant.pk):
        pause(quill.workflow, actor=quill.actor())
        stop_everything(actor=quill.actor())
    seen = look(world.operator)
    one = seen["harbor-pine"]
    assert (one.waiting, one.exceptions, one.stale, one.failed, one.paused) == (1, 1, 1, 1, 0)
    assert one.oldest_due is not None
    assert one.overdue == 0
    other = seen["quill-books"]
    assert (other.waiting, other.exceptions, other.stale, other.failed) == (0, 0, 0, 0)
    assert (other.paused, other.needs_us) == (1, True)
    page = text(browser_of(world.operator).get("/desk/"))
    assert "stopped since" in page
    assert 'href="/t/harbor-pine/exceptions/">1</a>' in page
    with clock.at(clock.now() + timedelta(days=8)):
        later = look(world.operator)["harbor-pine"]
    assert (later.failed, later.overdue, later.stale) == (0, 1, 1)


def test_the_desk_says_what_is_the_providers_to_mend_and_where(world: World) -> None:
    for client in (world.harbor, world.sable):
        with tenant_scope(client.tenant.pk):
            fail_a_run(client)
            start_run(
                client.workflow,
                input=REQUEST | {"order_id": "10414"},  # over the never-rule's sum
                trigger="api",
                actor=client.actor(),
            )
            outbox.drain()
    seen = look(world.operator)["harbor-pine"]
    assert seen.exceptions == 2
    (one,) = seen.mending  # what a rule refuses is the client's
    assert (one.count, one.short) == (1, "a system it uses could not be reached")
    page = text(browser_of(world.operator).get("/desk/"))
    assert '<a href="/t/harbor-pine/exceptions/">1 × a system it uses could not be' in page
    assert '<a href="/t/harbor-pine/admin/approvals/tool/">where to mend it</a>' in page
    assert re.search(r"since \d\d:\d\d UTC</span>", page)  # not in the client's time
    assert browser_of(world.operator).get("/t/harbor-pine/admin/approvals/tool/").status_code == 200
    everybody = desk.clients(world.operator, list(Tenant.objects.all()))
    assert {c.tenant.slug: c.mending for c in everybody}["sable-yoga"] == ()


def test_the_desk_says_how_much_work_waits_and_since_when(world: World) -> None:
    for client, count in ((world.harbor, 3), (world.sable, 2)):
        with tenant_scope(client.tenant.pk):
            for _ in range(count):
                start_run(client.workflow, input=REQUEST, trigger="api", actor=client.actor())
    row = Outbox.objects.filter(tenant_id=world.harbor.tenant.pk, ready=True).earliest("id")
    assert outbox.claim(row.pk) is not None
    seen = look(world.operator)["harbor-pine"]
    assert (seen.queued, seen.flying, seen.held) == (2, 1, 0)
    assert seen.ready_since is not None
    page = text(browser_of(world.operator).get("/desk/"))
    assert "2 ready" in page
    assert "1 in flight" in page
    # The outbox has no wall: a client nobody assigned is not asked about.
    everybody = desk.clients(world.operator, list(Tenant.objects.all()))
    assert {c.tenant.slug: c.queued for c in everybody}["sable-yoga"] == 0


def test_a_mailbox_that_cannot_be_read_shows_on_the_desk(world: World) -> None:
    for client in (world.harbor, world.sable):
        with tenant_scope(client.tenant.pk):
            Mailbox.objects.create(name="in", address="in@x.example", alarmed_at=clock.now())
    seen = look(world.operator)["harbor-pine"]
    assert (seen.mailboxes, seen.needs_us) == (1, True)
    page = text(browser_of(world.operator).get("/desk/"))
    assert '<a href="/t/harbor-pine/mailboxes/">1 mailbox can' in page
    everybody = desk.clients(world.operator, list(Tenant.objects.all()))
    assert {c.tenant.slug: c.mailboxes for c in everybody}["sable-yoga"] == 0


def test_the_desk_does_not_exist_for_clients_and_strangers(world: World) -> None:
    for user in (world.harbor.owner, world.harbor.viewer):
        assert browser_of(user).get("/desk/").status_code == 404
    assert Browser().get("/desk/").status_code == 302
    assert browser_of(world.operator).post("/desk/").status_code == 405


def test_the_number_of_questions_does_not_grow_with_clients(world: World) -> None:
    browser = browser_of(world.operator)

    def questions() -> tuple[int, int]:
        with (
            CaptureQueriesContext(connections["default"]) as own,
            CaptureQueriesContext(connections["provider"]) as across,
        ):
            assert browser.get("/desk/").status_code == 200
        return len(own), len(across)

    questions()
    few = questions()
    for n in range(4):
        make_client(
            f"more-{n}",
            f"More {n}",
            {"operator": world.operator, "admin": world.admin},
            shop="127.0.0.1:1",
        )
    assert Assignment.objects.filter(user=world.operator).count() == 6
    assert questions() == few


def test_an_assignment_that_ended_is_gone_from_the_desk(world: World) -> None:
    Assignment.objects.filter(user=world.operator, tenant=world.quill.tenant).delete()
    assert "Quill Books" not in text(browser_of(world.operator).get("/desk/"))

"""What a run waits for, where people and client systems see it."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from audit.models import Outbox
from tenants import clock
from tenants.scope import tenant_scope
from tests.lanes import NOON
from tests.portal.visiting import text, visit
from tests.workflows.waiting.reasons_kit import begin
from tests.world import World, make_world
from workflows.models import Mailbox, Trigger

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> Iterator[World]:
    with clock.at(NOON):
        yield make_world()


def test_a_run_says_how_many_go_before_it(world: World) -> None:
    client = world.harbor
    *_, last = begin(client, 4)
    page = text(visit(client.owner, client).get(f"runs/{last.pk}/"))
    assert "Waits for its turn." in page
    assert "3 before it." in page
    assert "3 before it." in text(visit(client.owner, client).get("runs/"))
    begin(world.quill, 3)  # another client's are not counted
    assert "3 before it." in text(visit(client.owner, client).get(f"runs/{last.pk}/"))


def test_what_a_person_started_goes_before_what_the_api_did(world: World) -> None:
    client = world.harbor
    (by_api,) = begin(client)
    (by_schedule,) = begin(client, trigger="schedule")
    (by_person,) = begin(client, trigger="person")
    with tenant_scope(client.tenant.pk):
        rows = Outbox.objects.filter(topic="run.advance", ready=True).order_by("priority", "id")
        assert list(rows.values_list("object_id", flat=True)) == [
            by_person.pk,
            by_api.pk,
            by_schedule.pk,
        ]


def test_another_clients_run_is_not_explained(world: World) -> None:
    (theirs,) = begin(world.quill)
    owner = visit(world.harbor.owner, world.harbor)
    assert owner.get(f"runs/{theirs.pk}/").status_code == 404


def test_a_failing_mailbox_shows_on_the_exceptions_page_and_nowhere_else(world: World) -> None:
    client = world.harbor
    with tenant_scope(client.tenant.pk):
        made = Mailbox.objects.create(
            name="support",
            address="support@harbor.example",
            host="imap.example",
            username="support",
            secret="mailbox-support",
            alarmed_at=clock.now() - timedelta(hours=1),
            problem="It did not answer.",
        )
        Trigger.objects.create(workflow=client.workflow, kind="mail", mailbox=made)
    said = "support@harbor.example can&#x27;t be read"
    for user, sees in ((client.owner, False), (world.operator, True)):
        page = text(visit(user, client).get("exceptions/"))
        assert "support@harbor.example" in page, said
        assert ("mailboxes/support/" in page) is sees
    assert "support@harbor.example" not in text(visit(client.owner, client).get("review/"))
    other = text(visit(world.quill.owner, world.quill).get("exceptions/"))
    assert "support@harbor.example" not in other

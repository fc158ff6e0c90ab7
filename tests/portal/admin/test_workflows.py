"""Workflows and versions in the admin."""

import re

import pytest

from audit.models import Event
from tenants.scope import tenant_scope
from tests.browsing import browser, post
from tests.portal.admin.admin_kit import admin, things
from tests.world import World
from workflows.models import Version, Workflow

pytestmark = pytest.mark.django_db


def test_a_workflow_changes_rung_owner_and_pause(world: World) -> None:
    path = admin(world.harbor, f"workflows/workflow/{world.harbor.workflow.pk}/change/")
    changes = {
        "rung": "draft_only",
        "owner": str(world.harbor.approver.pk),
        "paused": "on",
        "reason": "Two bad weeks.",
    }
    assert post(browser(world.operator), path, **changes).status_code == 302
    with tenant_scope(world.harbor.tenant.pk):
        workflow = Workflow.objects.get()
        events = list(Event.objects.order_by("-id")[:3])
    assert (workflow.rung, workflow.owner_id) == ("draft_only", world.harbor.approver.pk)
    assert workflow.paused_at is not None
    assert {e.verb for e in events} == {"workflow.changed", "workflow.paused"}
    assert events[0].reason == "Two bad weeks."


def test_a_workflow_is_made_from_its_definition_or_refused_with_the_place(world: World) -> None:
    who, path = browser(world.operator), admin(world.harbor, "workflows/workflow/add/")
    with tenant_scope(world.harbor.tenant.pk):
        text = Version.objects.get().definition.replace("refund-replies", "second-lane")
    broken = text.replace("tool: mail.send", "tool: mail.sned")
    owner = str(world.harbor.owner.pk)
    refused = post(who, path, definition=broken, owner=owner)
    assert refused.status_code == 400
    assert re.search(rb"Line \d+, column \d+", refused.content)
    assert post(who, path, definition=text, owner=owner, note="A first").status_code == 302
    with tenant_scope(world.harbor.tenant.pk):
        assert Workflow.objects.get(slug="second-lane").live is not None


def test_a_version_never_changes(world: World) -> None:
    pk = things(world.harbor)["workflows/version"]
    data = {"_tenant": world.harbor.tenant.slug, "note": "other"}
    who = browser(world.operator)
    for path in (f"{pk}/change/", f"{pk}/delete/", "add/"):
        answer = who.post(admin(world.harbor, f"workflows/version/{path}"), data)
        assert answer.status_code == 403

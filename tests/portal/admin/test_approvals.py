"""Tools and never-rules in the admin."""

import json

import pytest

from approvals.models import NeverRule, Tool
from audit.models import Event
from tenants.scope import tenant_scope
from tests.browsing import browser, fields, post
from tests.portal.admin.admin_kit import admin, things, verbs
from tests.world import World

pytestmark = pytest.mark.django_db


def test_changing_a_tool_makes_a_new_version(world: World) -> None:
    path = admin(world.harbor, f"approvals/tool/{things(world.harbor)['approvals/tool']}/change/")
    assert post(browser(world.operator), path, undo_hours="48").status_code == 302
    with tenant_scope(world.harbor.tenant.pk):
        tool = Tool.objects.get(name="shop.refund")
        event = Event.objects.get(verb="tool.changed")
    assert (tool.version, tool.undo_hours) == (2, 48)
    assert (event.before, event.after) == ({"undo_hours": 24}, {"undo_hours": 48})


def test_saving_a_tool_unchanged_makes_no_version(world: World) -> None:
    path = admin(world.harbor, f"approvals/tool/{things(world.harbor)['approvals/tool']}/change/")
    assert post(browser(world.operator), path).status_code == 302
    with tenant_scope(world.harbor.tenant.pk):
        assert Tool.objects.get(name="shop.refund").version == 1


def test_a_tool_is_added_and_a_bad_one_refused(world: World) -> None:
    who, path = browser(world.operator), admin(world.harbor, "approvals/tool/add/")
    schema = {"type": "object", "properties": {"sku": {"type": "string"}}}
    given = {
        "name": "shop.reprice",
        "title": "Reprice",
        "adapter": "http",
        "effect": "write",
        "args_schema": json.dumps(schema),
    }
    refused = post(who, path, **given)
    assert refused.status_code == 400
    assert b"Say which kind of write" in refused.content
    assert post(who, path, **given, kind="reprice").status_code == 302
    with tenant_scope(world.harbor.tenant.pk):
        assert Tool.objects.get(name="shop.reprice").args_schema == schema


def test_a_never_rule_is_added_and_lifted(world: World) -> None:
    who, path = browser(world.operator), admin(world.harbor, "approvals/neverrule/add/")
    nothing = post(who, path, tool="shop.nothing")
    assert b"would never match" in nothing.content
    assert post(who, path, tool="shop.refund", why="Not in December.").status_code == 302
    with tenant_scope(world.harbor.tenant.pk):
        rule = NeverRule.objects.get()
    assert rule.made_by_id == world.operator.pk
    removing = admin(world.harbor, f"approvals/neverrule/{rule.pk}/delete/")
    assert post(who, removing).status_code == 302
    with tenant_scope(world.harbor.tenant.pk):
        assert not NeverRule.objects.exists()
    assert verbs(world.harbor)[-2:] == ["rule.added", "rule.removed"]


def test_rules_chosen_in_the_list_are_lifted_together(world: World) -> None:
    who, path = browser(world.operator), admin(world.harbor, "approvals/neverrule/add/")
    for kind in ("refund", "send"):
        assert post(who, path, kind=kind).status_code == 302
    with tenant_scope(world.harbor.tenant.pk):
        pks = [str(pk) for pk in NeverRule.objects.values_list("pk", flat=True)]
    chosen = {"action": "delete_selected", "_selected_action": pks}
    listing = admin(world.harbor, "approvals/neverrule/")
    asked = who.post(listing, fields(who.get(listing).content) | chosen)
    assert asked.status_code == 200
    done = who.post(listing, fields(asked.content) | chosen)
    assert done.status_code == 302
    assert verbs(world.harbor).count("rule.removed") == 2

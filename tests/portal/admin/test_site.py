"""The admin of one client: who comes in, under which policy, and what it leaves behind."""

import pytest
from django.contrib.admin.models import LogEntry

from tests.browsing import browser, post
from tests.portal.admin.admin_kit import admin
from tests.world import World

pytestmark = pytest.mark.django_db
PAGES = [
    "",
    "tenants/",
    "tenants/tenant/",
    "tenants/source/",
    "tenants/source/add/",
    "tenants/secret/",
    "tenants/secret/add/",
    "approvals/tool/",
    "approvals/tool/add/",
    "approvals/neverrule/",
    "approvals/neverrule/add/",
    "workflows/workflow/",
    "workflows/workflow/add/",
    "workflows/version/",
    "jsi18n/",
]


@pytest.mark.parametrize("path", PAGES)
def test_an_operator_opens_every_page(world: World, path: str) -> None:
    assert browser(world.operator).get(admin(world.harbor, path)).status_code == 200


@pytest.mark.parametrize("path", PAGES)
def test_for_people_of_the_client_there_is_no_admin(world: World, path: str) -> None:
    for person in (world.harbor.owner, world.harbor.approver, world.harbor.viewer):
        assert browser(person).get(admin(world.harbor, path)).status_code == 404


def test_for_staff_of_other_clients_there_is_no_admin(world: World) -> None:
    assert browser(world.operator).get(admin(world.sable)).status_code == 404


def test_a_superuser_who_is_not_assigned_gets_nothing(world: World) -> None:
    world.operator.is_superuser = True
    world.operator.save()
    assert browser(world.operator).get(admin(world.sable)).status_code == 404


def test_djangos_log_stays_empty(world: World) -> None:
    who = browser(world.operator)
    assert post(who, admin(world.harbor, "tenants/secret/add/"), name="a", value="b")
    path = admin(world.harbor, f"tenants/tenant/{world.harbor.tenant.pk}/change/")
    assert post(who, path, name="Harbor")
    assert post(who, admin(world.harbor, "approvals/neverrule/add/"), kind="send")
    assert not LogEntry.objects.exists()


def test_only_the_admins_pages_have_the_looser_policy(world: World) -> None:
    who = browser(world.operator)
    policy = who.get(admin(world.harbor))["Content-Security-Policy"]
    assert "'unsafe-eval'" in policy
    elsewhere = who.get(f"/t/{world.harbor.tenant.slug}/workflows/")["Content-Security-Policy"]
    assert "unsafe" not in elsewhere

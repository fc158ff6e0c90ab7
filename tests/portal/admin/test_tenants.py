"""A client's settings, sources and secrets in the admin."""

import json

import pytest

from audit.models import Event
from tenants.errors import Invalid
from tenants.models import Secret, Source
from tenants.scope import tenant_scope
from tenants.services.keys import reveal_secret
from tenants.services.tenants import change_tenant
from tests.browsing import browser, post
from tests.portal.admin.admin_kit import admin, verbs
from tests.world import World

pytestmark = pytest.mark.django_db


def test_the_clients_settings_change_through_the_service(world: World) -> None:
    path = admin(world.harbor, f"tenants/tenant/{world.harbor.tenant.pk}/change/")
    hosts = "shop.example\nstock.example:8443"
    answer = post(
        browser(world.operator), path, timezone="Europe/Berlin", allowed_hosts=hosts, slug="stolen"
    )
    assert answer.status_code == 302
    world.harbor.tenant.refresh_from_db()
    assert world.harbor.tenant.timezone == "Europe/Berlin"
    assert world.harbor.tenant.allowed_hosts == ["shop.example", "stock.example:8443"]
    assert world.harbor.tenant.slug == "harbor-pine"
    with tenant_scope(world.harbor.tenant.pk):
        event = Event.objects.get(verb="tenant.changed")
    assert event.before == {"timezone": "UTC", "allowed_hosts": ["127.0.0.1:1"]}
    assert event.actor_id == world.operator.pk


def test_how_much_of_a_client_goes_at_once_is_set_and_unset(world: World) -> None:
    path = admin(world.harbor, f"tenants/tenant/{world.harbor.tenant.pk}/change/")
    who, tenant = browser(world.operator), world.harbor.tenant
    page = who.get(path).content.decode()
    assert "Most calls under way together" in page
    assert "Share of the work" in page
    for given, kept in (("7", 7), ("", None)):
        assert post(who, path, at_once=given, share="3").status_code == 302
        tenant.refresh_from_db()
        assert (tenant.at_once, tenant.share) == (kept, 3)
    with tenant_scope(tenant.pk):
        event = Event.objects.filter(verb="tenant.changed").order_by("id").last()
    assert event
    assert (event.before, event.after) == ({"at_once": 7}, {"at_once": None})


@pytest.mark.parametrize(
    "wrong", [{"at_once": "0"}, {"at_once": "10001"}, {"at_once": "x"}, {"share": "0"}]
)
def test_a_limit_that_would_let_nothing_through_is_refused(
    world: World, wrong: dict[str, str]
) -> None:
    tenant = world.harbor.tenant
    path = admin(world.harbor, f"tenants/tenant/{tenant.pk}/change/")
    assert post(browser(world.operator), path, **wrong).status_code == 400
    [(name, value)] = wrong.items()
    if value != "x":
        with tenant_scope(tenant.pk), pytest.raises(Invalid):
            change_tenant(tenant, actor=world.staff(world.harbor), **{name: int(value)})
    tenant.refresh_from_db()
    assert (tenant.at_once, tenant.share) == (None, 1)


def test_a_setting_that_is_refused_comes_back_as_the_forms_error(world: World) -> None:
    path = admin(world.harbor, f"tenants/tenant/{world.harbor.tenant.pk}/change/")
    answer = post(browser(world.operator), path, name="Half done", timezone="Mars/Olympus")
    assert answer.status_code == 400
    assert b"Mars/Olympus is no time zone" in answer.content
    world.harbor.tenant.refresh_from_db()
    assert world.harbor.tenant.name == "Harbor &amp; Pine".replace("&amp;", "&")
    assert "tenant.changed" not in verbs(world.harbor)


def test_other_clients_are_not_among_the_tenants(world: World) -> None:
    who = browser(world.operator)
    assert b"Quill" not in who.get(admin(world.harbor, "tenants/tenant/")).content
    path = admin(world.harbor, f"tenants/tenant/{world.quill.tenant.pk}/change/")
    assert who.get(path).status_code == 404


def test_a_source_is_added_and_changed_with_an_owner_of_this_client(world: World) -> None:
    who = browser(world.operator)
    given = {
        "name": "prices",
        "title": "Price list",
        "kind": "document",
        "owner": str(world.harbor.owner.pk),
    }
    assert post(who, admin(world.harbor, "tenants/source/add/"), **given).status_code == 302
    with tenant_scope(world.harbor.tenant.pk):
        source = Source.objects.get(name="prices")
    path = admin(world.harbor, f"tenants/source/{source.pk}/change/")
    assert post(who, path, authority="1", owner=str(world.harbor.viewer.pk)).status_code == 302
    with tenant_scope(world.harbor.tenant.pk):
        source = Source.objects.get(name="prices")
        event = Event.objects.get(verb="source.changed")
    assert (source.authority, source.owner_id) == (1, world.harbor.viewer.pk)
    assert event.after == {"authority": 1, "owner": str(world.harbor.viewer)}


def test_a_secret_goes_in_and_never_comes_out(world: World) -> None:
    who = browser(world.operator)
    path = admin(world.harbor, "tenants/secret/add/")
    assert post(who, path, name="shop-key", value="hunter2-canary").status_code == 302
    with tenant_scope(world.harbor.tenant.pk):
        assert reveal_secret("shop-key") == "hunter2-canary"
        secret = Secret.objects.get()
        said = [(e.before, e.after, e.object_label) for e in Event.objects.all()]
    assert "hunter2-canary" not in json.dumps(said)
    changing = admin(world.harbor, f"tenants/secret/{secret.pk}/change/")
    for page in (changing, admin(world.harbor, "tenants/secret/")):
        assert b"hunter2-canary" not in who.get(page).content
    assert post(who, changing, value="another").status_code == 302
    with tenant_scope(world.harbor.tenant.pk):
        assert reveal_secret("shop-key") == "another"
    assert verbs(world.harbor).count("secret.set") == 2

"""The admin of one client: who comes in, what it saves through, what it leaves behind."""

import json
import re
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext

from approvals.gate.tools import add_tool
from approvals.models import NeverRule, Tool
from audit.models import Event
from tenants.errors import Invalid
from tenants.models import Secret, Source
from tenants.scope import tenant_scope
from tenants.services.keys import reveal_secret
from tenants.services.tenants import change_tenant
from tenants.sources.services import add_source
from tests.browsing import browser, fields, post
from tests.world import Client, World, make_world
from workflows.models import Version, Workflow
from workflows.services.definitions import make_workflow

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


def admin(client: Client, path: str = "") -> str:
    return f"/t/{client.tenant.slug}/admin/{path}"


def verbs(client: Client) -> list[str]:
    with tenant_scope(client.tenant.pk):
        return list(Event.objects.order_by("id").values_list("verb", flat=True))


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


def things(client: Client) -> dict[str, str]:
    """The change page of one thing of every kind."""
    with tenant_scope(client.tenant.pk):
        return {
            "tenants/tenant": str(client.tenant.pk),
            "tenants/source": str(Source.objects.get(name="orders").pk),
            "approvals/tool": str(Tool.objects.get(name="shop.refund").pk),
            "workflows/workflow": str(Workflow.objects.get().pk),
            "workflows/version": str(Version.objects.get().pk),
        }


def test_a_reviewer_reads_and_changes_nothing(world: World) -> None:
    who, before = browser(world.reviewer), verbs(world.harbor)
    for model, pk in things(world.harbor).items():
        path = admin(world.harbor, f"{model}/{pk}/change/")
        assert who.get(path).status_code == 200
        data = {"_tenant": world.harbor.tenant.slug, "name": "Mine now"}
        assert who.post(path, data).status_code == 403
        assert who.get(admin(world.harbor, f"{model}/add/")).status_code == 403
    assert verbs(world.harbor) == before


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


def test_a_hidden_column_cannot_be_guessed_through_a_filter(world: World) -> None:
    who = browser(world.reviewer)
    for query in ("ciphertext__startswith=a", "tenant_id=x", "id=y"):
        answer = who.get(admin(world.harbor, f"tenants/secret/?{query}"))
        assert answer.status_code == 400


FOLLOWING = [
    ("workflows/version", "workflow__owner__password__startswith"),
    ("workflows/version", "workflow__owner__email"),
    ("workflows/version", "workflow__slug__startswith"),
    ("workflows/version", "workflow__in"),
    ("workflows/version", "workflow__id__in"),
    ("workflows/version", "workflow__id__startswith"),
    ("workflows/version", "workflow__isnull"),
    ("workflows/version", "published_by__password__regex"),
    ("workflows/version", "published_at__year"),
    ("workflows/workflow", "rung__gt"),
    ("workflows/workflow", "rung__regex"),
    ("workflows/workflow", "live__definition__contains"),
    ("workflows/workflow", "owner__password__startswith"),
    ("tenants/source", "kind__startswith"),
    ("tenants/source", "owner__id__exact"),
    ("tenants/source", "authority__gte"),
    ("approvals/tool", "settings__headers__Authorization__startswith"),
    ("approvals/tool", "enabled__in"),
    ("approvals/neverrule", "kind__iregex"),
    ("tenants/secret", "ciphertext__startswith"),
]


@pytest.mark.parametrize(("model", "lookup"), FOLLOWING)
def test_a_list_is_filtered_by_its_own_filters_and_whole_values_only(
    world: World, model: str, lookup: str
) -> None:
    """T2: a look-up that follows a relation, or compares a part, would tell letter by letter."""
    who = browser(world.reviewer)
    path = admin(world.harbor, f"{model}/")
    assert who.get(path, {lookup: "a"}).status_code == 400
    assert who.get(path, {f"{lookup}": "a", "_popup": "1"}).status_code == 400
    acted = {"_tenant": world.harbor.tenant.slug, "action": "", "_selected_action": "1"}
    assert who.post(f"{path}?{lookup}=a", acted).status_code == 400


def test_the_links_of_a_lists_own_filters_work(world: World) -> None:
    who = browser(world.reviewer)
    for model in ("workflows/version", "workflows/workflow", "tenants/source", "approvals/tool"):
        path = admin(world.harbor, f"{model}/")
        links = re.findall(r'href="\?([a-z_]+__[a-z_]+=[^"&]*)"', who.get(path).content.decode())
        assert links or model == "workflows/version"
        for link in links:
            assert who.get(f"{path}?{link}").status_code == 200, link


def test_ordering_pop_ups_and_kept_filters_lead_to_no_other_column(world: World) -> None:
    """T2."""
    who = browser(world.operator)
    path = admin(world.harbor, "tenants/source/")
    for column in ("owner__password", "tenant", "-owner__password"):
        assert who.get(path, {"o": column}).status_code == 200  # not a column's number: ignored
    for column in ("owner", "name", "owner__password", "tenant"):
        assert who.get(path, {"_to_field": column}).status_code == 400
        assert who.get(f"{path}add/", {"_to_field": column, "_popup": "1"}).status_code == 400
    page = who.get(f"{path}add/", {"_changelist_filters": "owner__password__startswith=a"})
    assert page.status_code == 200
    for address in ("autocomplete/", "search/?s=a"):
        assert who.get(admin(world.harbor, address)).status_code == 404


@pytest.mark.parametrize("model", ["tenants/source", "approvals/tool", "workflows/version"])
def test_an_empty_column_of_a_pop_up_is_none(world: World, model: str) -> None:
    """T2."""
    who, pk = browser(world.admin), things(world.harbor)[model]
    for page in (f"{model}/", f"{model}/{pk}/change/"):
        assert who.get(admin(world.harbor, page), {"_to_field": ""}).status_code in (200, 302)
    assert (
        who.get(admin(world.harbor, f"{model}/{pk}/delete/"), {"_to_field": ""}).status_code == 403
    )


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


@pytest.mark.parametrize("model", ["tenants/source", "approvals/tool", "workflows/workflow"])
def test_a_list_takes_the_same_queries_however_long(world: World, model: str) -> None:
    who = browser(world.operator)
    who.get(admin(world.harbor, f"{model}/"))
    with CaptureQueriesContext(connection) as few:
        who.get(admin(world.harbor, f"{model}/"))
    _more(world.harbor, world.staff(world.harbor))
    with CaptureQueriesContext(connection) as many:
        who.get(admin(world.harbor, f"{model}/"))
    assert len(many) == len(few)


def _more(client: Client, actor: Any) -> None:
    with tenant_scope(client.tenant.pk):
        text = Version.objects.get().definition
        for n in range(3):
            name = f"extra-{n}"
            add_source(name=name, title=name, kind="document", owner=client.viewer, actor=actor)
            add_tool(
                name=f"extra.t{n}",
                title=name,
                adapter="http",
                effect="read",
                args_schema={"type": "object"},
                actor=actor,
            )
            make_workflow(
                text=text.replace("refund-replies", name), owner=client.owner, actor=actor
            )

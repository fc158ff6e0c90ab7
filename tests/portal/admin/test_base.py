"""Lists and forms of the admin: who may change what, and which filters are taken."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from approvals.gate.tools import add_tool
from tenants.scope import tenant_scope
from tenants.sources.services import add_source
from tests.browsing import browser
from tests.portal.admin.admin_kit import admin, things, verbs
from tests.world import Client, World
from workflows.models import Version
from workflows.services.definitions import make_workflow

pytestmark = pytest.mark.django_db


def test_a_reviewer_reads_and_changes_nothing(world: World) -> None:
    who, before = browser(world.reviewer), verbs(world.harbor)
    for model, pk in things(world.harbor).items():
        path = admin(world.harbor, f"{model}/{pk}/change/")
        assert who.get(path).status_code == 200
        data = {"_tenant": world.harbor.tenant.slug, "name": "Mine now"}
        assert who.post(path, data).status_code == 403
        assert who.get(admin(world.harbor, f"{model}/add/")).status_code == 403
    assert verbs(world.harbor) == before


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

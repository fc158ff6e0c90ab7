"""Forms of sources: which names and owners are taken."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from tenants.models import Source, Tenant
from tenants.scope import tenant_scope
from tests.portal.visiting import text, visit
from tests.world import DEFINITION, World, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


def test_a_name_workflows_could_not_use_is_refused(world: World) -> None:
    owner = visit(world.harbor.owner, world.harbor)
    answer = owner.post("add-source/", title="X", name="Not A Name", kind="document")
    assert answer.status_code == 400
    assert "Use small letters, digits and hyphens" in text(answer)


def test_another_tenants_person_can_not_be_made_owner(world: World) -> None:
    owner = visit(world.harbor.owner, world.harbor)
    answer = owner.post(
        "sources/orders/",
        title="Orders",
        owner=str(world.quill.owner.pk),
        authority=1,
        max_age_days=3,
    )
    assert answer.status_code == 400
    with tenant_scope(world.harbor.tenant.pk):
        assert Source.objects.get(name="orders").owner_id == world.harbor.owner.pk


DETAILS = {"title": "Orders", "authority": 1, "max_age_days": 30}


def changed(world: World, **more: object) -> Source:
    owner = visit(world.harbor.owner, world.harbor)
    answer = owner.post("sources/orders/", owner=str(world.harbor.owner.pk), **DETAILS, **more)
    assert answer.status_code == 302
    with tenant_scope(world.harbor.tenant.pk):
        return Source.objects.get(name="orders")


def test_what_is_said_of_a_source_is_kept_and_shown(world: World) -> None:
    with tenant_scope(world.harbor.tenant.pk):
        Tenant.objects.filter(pk=world.harbor.tenant.pk).update(timezone="Pacific/Auckland")
    source = changed(
        world,
        truth_for="Orders of the shop",
        sensitivity="personal",
        tags=" Germany,v2,, Germany ",
        valid_from="2026-03-01",
        valid_until="2030-12-31",
    )
    assert source.tags == ["Germany", "v2"]
    zone = ZoneInfo("Pacific/Auckland")
    assert source.valid_from == datetime(2026, 3, 1, tzinfo=zone)
    assert source.valid_until == datetime(2031, 1, 1, tzinfo=zone)
    page = text(visit(world.harbor.owner, world.harbor).get("sources/orders/"))
    assert "Holds true: Orders of the shop" in page
    assert "personal data" in page
    assert 'value="2030-12-31"' in page
    assert "until 31 Dec 2030" in page
    assert 'value="Germany, v2"' in page


def test_a_source_that_ends_before_it_begins_is_refused_in_words(world: World) -> None:
    owner = visit(world.harbor.owner, world.harbor)
    days = {"valid_from": "2027-03-02", "valid_until": "2027-03-01"}
    answer = owner.post("sources/orders/", owner=str(world.harbor.owner.pk), **DETAILS, **days)
    assert answer.status_code == 400
    assert "end before it begins" in text(answer)
    me = str(world.harbor.owner.pk)
    for day in ("0000-99-99", "0001-01-01", "9999-12-31"):
        for name in ("valid_from", "valid_until"):
            answer = owner.post("sources/orders/", owner=me, **DETAILS, **{name: day})
            assert answer.status_code == 400, (name, day)


def test_a_form_that_says_nothing_of_privacy_leaves_it(world: World) -> None:
    changed(world, sensitivity="secret")
    assert changed(world).sensitivity == "secret"


def test_a_source_takes_the_place_of_another_and_both_pages_say_so(world: World) -> None:
    changed(world, supersedes="returns-policy")
    owner = visit(world.harbor.owner, world.harbor)
    assert "Takes the place of" in text(owner.get("sources/orders/"))
    former = text(owner.get("sources/returns-policy/"))
    assert "takes its place from" in former
    assert "Another source has taken its place, so it is not used" in former


def test_another_tenants_source_is_no_choice(world: World) -> None:
    with tenant_scope(world.quill.tenant.pk):
        Source.objects.filter(name="orders").update(name="quills-orders")
    owner = visit(world.harbor.owner, world.harbor)
    for name in ("quills-orders", "orders"):  # nor the source itself
        answer = owner.post(
            "sources/orders/", owner=str(world.harbor.owner.pk), supersedes=name, **DETAILS
        )
        assert answer.status_code == 400


def test_a_workflow_can_not_be_granted_a_secret_source(world: World) -> None:
    changed(world, sensitivity="secret")
    operator = visit(world.operator, world.harbor)
    answer = operator.post("add-workflow/check/", definition=DEFINITION)
    assert "orders is marked as secret, so no workflow may read it" in text(answer)

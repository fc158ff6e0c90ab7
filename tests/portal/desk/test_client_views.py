"""Taking on a client: by provider admins, all or nothing."""

import pytest
from django.test import Client as Browser

from audit.models import Event
from portal.notices.models import Notice
from tenants.models import Assignment, Invitation, Tenant
from tenants.scope import tenant_scope
from tests.browsing import browser, post
from tests.world import World, make_world

pytestmark = pytest.mark.django_db
PATH = "/desk/clients/new/"


@pytest.fixture
def world() -> World:
    return make_world()


def given(world: World, **changes: object) -> dict[str, object]:
    return {
        "name": "Fern & Fable",
        "slug": "fern-fable",
        "timezone": "Europe/Lisbon",
        "currency": "EUR",
        "owner_email": "ines@fern.example",
        "staff": [str(world.admin.pk), str(world.operator.pk)],
        **changes,
    }


def test_an_admin_makes_a_client_with_staff_and_an_invited_owner(world: World) -> None:
    answer = post(browser(world.admin), PATH, **given(world))
    assert answer.status_code == 302
    assert answer["Location"] == "/t/fern-fable/admin/"
    tenant = Tenant.objects.get(slug="fern-fable")
    looked_after = Assignment.objects.filter(tenant=tenant)
    assert {a.user_id for a in looked_after} == {world.admin.pk, world.operator.pk}
    invitation = Invitation.objects.get(tenant=tenant)
    assert (invitation.email, invitation.role) == ("ines@fern.example", "owner")
    with tenant_scope(tenant.pk):
        verbs = list(Event.objects.order_by("id").values_list("verb", flat=True))
        assert Notice.objects.get().to == "ines@fern.example"
    assert verbs[:3] == ["tenant.made", "staff.assigned", "staff.assigned"]
    assert "person.invited" in verbs


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("slug", "harbor-pine", "already exists"),
        ("slug", "Fern", "can&#x27;t be kept so"),
        ("currency", "XX", "is no currency"),
        ("locale", "zz_ZZ_q", "is no locale"),
        ("staff", [], "required"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_made(
    world: World, field: str, value: object, said: str
) -> None:
    answer = post(browser(world.admin), PATH, **given(world, **{field: value}))
    assert answer.status_code == 400
    assert said in answer.content.decode()
    assert Tenant.objects.count() == 3
    assert not Invitation.objects.exists()


def test_for_everybody_else_the_page_does_not_exist(world: World) -> None:
    for person in (world.operator, world.reviewer, world.harbor.owner):
        assert browser(person).get(PATH).status_code == 404
        assert browser(person).post(PATH, given(world)).status_code == 404
    assert not Tenant.objects.filter(slug="fern-fable").exists()


def test_a_stranger_is_asked_to_sign_in() -> None:
    answer = Browser().get(PATH)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/")

"""Provider admins assign and unassign staff on a client's people page."""

import pytest

from tenants.models import Assignment
from tests.portal.visiting import text, visit
from tests.world import World, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


def test_an_admin_assigns_and_unassigns(world: World) -> None:
    admin = visit(world.admin, world.sable)
    page = text(admin.get("people/"))
    assert f'<option value="{world.operator.pk}">' in page
    assert admin.post("people/staff/assign/", user=str(world.operator.pk)).status_code == 302
    page = text(admin.get("people/"))
    assert "looks after this client now" in page
    assert f'<option value="{world.operator.pk}">' not in page
    made = Assignment.objects.get(tenant=world.sable.tenant, user=world.operator)
    assert f"people/staff/{made.pk}/unassign/" in page
    answer = admin.post(f"people/staff/{made.pk}/unassign/")
    assert answer["Location"] == f"/t/{world.sable.tenant.slug}/people/"
    assert not Assignment.objects.filter(pk=made.pk).exists()


def test_who_unassigns_themselves_comes_back_to_the_desk(world: World) -> None:
    world.operator.staff_role = "admin"
    world.operator.save()
    own = Assignment.objects.get(tenant=world.harbor.tenant, user=world.admin)
    answer = visit(world.admin, world.harbor).post(f"people/staff/{own.pk}/unassign/")
    assert answer["Location"] == "/desk/"


def test_the_last_admin_is_told_why_not(world: World) -> None:
    own = Assignment.objects.get(tenant=world.sable.tenant, user=world.admin)
    answer = visit(world.admin, world.sable).post(f"people/staff/{own.pk}/unassign/")
    assert answer.status_code == 409
    assert "Assign another provider admin first." in text(answer)


@pytest.mark.parametrize("user", ["", "nobody", "00000000-0000-0000-0000-000000000000"])
def test_a_choice_that_is_none_of_the_staff_is_refused(world: World, user: str) -> None:
    answer = visit(world.admin, world.sable).post("people/staff/assign/", user=user)
    assert answer.status_code == 400
    assert "Choose one of the staff" in text(answer)


def test_others_see_no_form_and_may_not(world: World) -> None:
    for person in (world.harbor.owner, world.operator):
        visitor = visit(person, world.harbor)
        assert "people/staff/" not in text(visitor.get("people/"))
        answer = visitor.post("people/staff/assign/", user=str(world.reviewer.pk))
        assert answer.status_code == 403

"""The kill switch."""

import pytest

from tenants.models import Tenant
from tests.portal.visiting import ROLES, text, visit
from tests.world import World, make_world

pytestmark = pytest.mark.django_db

PAGES = ("review/", "workflows/", "sources/", "record/", "people/", "stop/", "runs/")


@pytest.fixture
def world() -> World:
    return make_world()


def is_stopped(world: World) -> bool:
    return Tenant.objects.get(pk=world.harbor.tenant.pk).is_stopped


def test_every_role_reads_what_stopping_does_and_owners_may(world: World) -> None:
    for role in ROLES:
        page = text(visit(getattr(world.harbor, role), world.harbor).get("stop/"))
        assert "Nothing more is sent, refunded, bought or changed, even if it was approved." in page
        assert ("Stop everything now" in page) == (role == "owner")
        assert ("Your role can't do this." in page) == (role != "owner")


def test_looking_at_the_page_stops_nothing(world: World) -> None:
    owner = visit(world.harbor.owner, world.harbor)
    owner.get("stop/")
    owner.browser.head("/t/harbor-pine/stop/")
    assert owner.get("stop/resume/").status_code == 405
    assert not is_stopped(world)


def test_stopping_shows_on_every_page_until_it_is_resumed(world: World) -> None:
    owner = visit(world.harbor.owner, world.harbor)
    assert owner.post("stop/", reason="odd replies").status_code == 302
    assert is_stopped(world)
    assert not Tenant.objects.get(pk=world.quill.tenant.pk).is_stopped
    for path in PAGES:
        assert "Everything is stopped." in text(owner.get(path)), path
    assert "odd replies" in text(owner.get("stop/"))
    assert owner.post("stop/").status_code == 409
    assert owner.post("stop/resume/", reason="it was us").status_code == 302
    assert not is_stopped(world)
    for path in PAGES:
        assert "Everything is stopped." not in text(owner.get(path)), path
    assert "it was us" in text(owner.get("stop/"))
    assert owner.post("stop/resume/").status_code == 409


def test_those_who_may_not_are_refused(world: World) -> None:
    for user in (world.harbor.approver, world.harbor.viewer, world.reviewer):
        visitor = visit(user, world.harbor)
        assert visitor.post("stop/").status_code == 403
        assert visitor.post("stop/resume/").status_code == 403
    assert not is_stopped(world)


def test_a_form_of_another_client_stops_nothing(world: World) -> None:
    operator = visit(world.operator, world.harbor)
    answer = operator.browser.post("/t/harbor-pine/stop/", {"_tenant": "quill-books"})
    assert answer.status_code == 409
    assert not is_stopped(world)

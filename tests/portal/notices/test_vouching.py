"""A source is verified only by who vouches for it; what somebody else uploads asks them."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from audit import outbox
from portal.notices.models import Notice
from tenants.models import Source, User
from tenants.roster import possible_source_owners
from tenants.scope import tenant_scope
from tests.portal.review_kit import ask, inside, text
from tests.world import World, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


def _upload(world: World, user: User | None, more: str = "") -> str:
    content = f"# Returns\n\nDamaged items are refunded in full.{more}\n"
    file = SimpleUploadedFile("policy.md", content.encode())
    visitor = inside(world.harbor, user)
    assert visitor.post("/sources/returns-policy/revise/", {"file": file}).status_code == 302
    outbox.drain(world.harbor.tenant.pk)
    return text(visitor.get("/sources/returns-policy/"))


def test_an_upload_by_somebody_else_is_not_confirmed_and_asks_the_owner(world: World) -> None:
    page = _upload(world, world.admin)
    assert "Not confirmed yet" in page
    assert "is asked to confirm it" in page
    with tenant_scope(world.harbor.tenant.pk):
        [notice] = Notice.objects.filter(kind="source")
        assert notice.to == world.harbor.owner.email
    item = ask(world.harbor)
    shown = text(inside(world.harbor).get(f"/review/{item.pk}/"))
    assert "not confirmed yet" in shown


def test_it_waits_in_the_owners_queue_until_it_is_confirmed(world: World) -> None:
    owner = inside(world.harbor)
    assert "to confirm" not in text(owner.get("/review/"))
    _upload(world, world.admin)
    page = text(owner.get("/review/"))
    assert "1 source to confirm" in page
    assert "Confirm Returns policy" in page
    assert "Nothing waits" not in page
    assert 'href="/t/harbor-pine/sources/returns-policy/"' in page
    assert "to confirm" not in text(inside(world.harbor, world.harbor.approver).get("/review/"))
    assert "to confirm" not in text(owner.get("/review/?q=lamp"))
    assert owner.post("/sources/returns-policy/verify/", {}).status_code == 302
    assert "to confirm" not in text(owner.get("/review/"))


def test_the_owner_confirms_what_they_upload_and_what_they_are_asked_about(world: World) -> None:
    assert "Not confirmed yet" not in _upload(world, None)
    page = _upload(world, world.admin)
    assert "That is the file it holds already, so nothing changed." in page
    assert "Not confirmed yet" not in page
    assert "Not confirmed yet" in _upload(world, world.admin, " In five days.")
    owner = inside(world.harbor)
    assert owner.post("/sources/returns-policy/verify/", {}).status_code == 302
    page = text(owner.get("/sources/returns-policy/"))
    assert "Not confirmed yet" not in page
    with tenant_scope(world.harbor.tenant.pk):
        source = Source.objects.get(name="returns-policy")
        assert source.confirmed_by_id == world.harbor.owner.pk


def test_staff_who_look_after_the_client_may_vouch(world: World) -> None:
    with tenant_scope(world.harbor.tenant.pk):
        assert world.admin in possible_source_owners()

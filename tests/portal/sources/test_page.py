"""The source map: each source with its owner, freshness and readers."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tenants.scope import tenant_scope
from tenants.sources.services import add_source
from tests.portal.visiting import ROLES, text, visit
from tests.world import World, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


def test_every_role_sees_the_map_with_owner_freshness_and_readers(world: World) -> None:
    for role in ROLES:
        visitor = visit(getattr(world.harbor, role), world.harbor)
        page = text(visitor.get("sources/"))
        assert "Returns policy" in page
        assert "Owner Harbor &amp; Pine vouches for it" in page
        assert "Fresh for" in page
        assert "Revision 1 · 3 records" in page
        assert 'Read by <a href="/t/harbor-pine/workflows/refund-replies/"' in page
        assert ("Add a source" in page) == (role == "owner")


def test_the_map_asks_the_same_number_of_questions_for_many_sources(world: World) -> None:
    owner = visit(world.harbor.owner, world.harbor)

    def questions() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert owner.get("sources/").status_code == 200
        return len(asked)

    questions()
    few = questions()
    with tenant_scope(world.harbor.tenant.pk):
        for n in range(12):
            add_source(
                name=f"more-{n}",
                title=f"More {n}",
                kind="document",
                owner=world.harbor.owner,
                actor=world.staff(world.harbor),
            )
    assert questions() == few


def test_a_map_does_not_read_the_files_along(world: World) -> None:
    owner = visit(world.harbor.owner, world.harbor)
    with CaptureQueriesContext(connection) as asked:
        for path in ("sources/", "sources/orders/", "sources/returns-policy/"):
            assert owner.get(path).status_code == 200
    assert not [q["sql"] for q in asked if '"original"' in q["sql"]]

"""The frame around every page: the client, the provider and the links."""

import pytest

from portal.middleware.tenant import FORM_FIELD
from tests.portal.accounts.accounts_kit import signed_in
from tests.world import World, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


def test_links_out_of_a_tenant_are_not_inside_it(world: World) -> None:
    page = signed_in(world.harbor.owner).get("/t/harbor-pine/review/").content.decode()
    assert 'action="/accounts/logout/"' in page
    assert 'href="/account/"' in page


def test_the_frame_names_the_client_the_provider_and_the_pages(world: World) -> None:
    page = signed_in(world.harbor.owner).get("/t/harbor-pine/review/").content.decode()
    for words in (
        "Harbor &amp; Pine",
        "Northlight Operations",
        "Stop everything",
        "Review",
        "Workflows",
        "Source map",
        "Exceptions",
        "Record",
        "People",
    ):
        assert words in page
    assert f'name="{FORM_FIELD}"' in page

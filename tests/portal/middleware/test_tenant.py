"""Pages of a client are for its members, and nobody can tell a client from none."""

import re

import pytest
from django.test import Client as Http

from tenants.models import Membership
from tenants.scope import tenant_scope
from tenants.services.people import end_membership
from tests.portal.accounts.accounts_kit import signed_in
from tests.world import World, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


def test_an_anonymous_visitor_is_asked_to_sign_in_and_comes_back(world: World) -> None:
    answer = Http().get("/t/harbor-pine/review/")
    assert answer.status_code == 302
    assert answer["Location"] == "/accounts/login/?next=/t/harbor-pine/review/"
    assert Http().get("/")["Location"] == "/accounts/login/?next=/"


def test_a_membership_that_ended_ends_the_access_at_once(world: World) -> None:
    client = world.harbor
    http = signed_in(client.viewer)
    assert http.get("/t/harbor-pine/review/").status_code == 200
    with tenant_scope(client.tenant.pk):
        end_membership(Membership.objects.get(user=client.viewer).pk, actor=client.actor())
    assert http.get("/t/harbor-pine/review/").status_code == 404
    assert "No business yet" in http.get("/").content.decode()


def test_a_missing_page_and_anothers_tenant_look_the_same(world: World) -> None:
    """T1, thin: the whole table is in tests/isolation."""
    http = signed_in(world.harbor.owner)
    token = re.compile(r'name="csrfmiddlewaretoken" value="[^"]*"')
    pages = [
        token.sub("", http.get(path).content.decode())
        for path in ("/t/quill-books/review/", "/t/no-such-client/review/")
    ]
    assert pages[0] == pages[1]

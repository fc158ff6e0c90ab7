"""Odd input is a 400 with words, and never a 500 or a text cut in silence."""

import pytest
from django.test import Client as Browser

from tenants.scope import tenant_scope
from tenants.services.keys import make_key
from tests.portal.review_kit import ask, inside
from tests.world import World, make_world
from workflows.models import Workflow

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.mark.parametrize(
    ("address", "given"),
    [
        ("/workflows/refund-replies/pause/", {"reason": "it is\x00 wrong"}),
        ("/stop/", {"reason": "it is\x00 wrong"}),
        ("/workflows/refund-replies/start/", {"key": "k\x00", "input_message": "a"}),
        ("/notices/devices/", {"label": "a\x00", "endpoint": "b", "p256dh": "c", "auth": "d"}),
    ],
)
def test_a_form_with_a_nul_is_refused_whole(
    world: World, address: str, given: dict[str, str]
) -> None:
    """W4: it is neither cut there nor dropped."""
    who = inside(world.harbor)
    who.http.raise_request_exception = False
    answer = who.post(address, given)
    assert answer.status_code == 400
    assert "can&#x27;t be kept" in answer.content.decode()
    with tenant_scope(world.harbor.tenant.pk):
        assert Workflow.objects.get(slug="refund-replies").paused_at is None


def test_a_reason_that_is_too_long_is_refused_and_not_dropped(world: World) -> None:
    who = inside(world.harbor)
    assert who.post("/workflows/refund-replies/pause/", {"reason": "x" * 301}).status_code == 400
    with tenant_scope(world.harbor.tenant.pk):
        assert Workflow.objects.get(slug="refund-replies").paused_at is None


@pytest.mark.parametrize("choice", ["\x00", "correct", "reject"])
def test_a_decision_with_a_nul_decides_nothing(world: World, choice: str) -> None:
    item = ask(world.harbor)
    who = inside(world.harbor)
    who.http.raise_request_exception = False
    assert who.decide(item, choice, reason="\x00", draft="\x00", words="a\x00").status_code == 400
    with tenant_scope(world.harbor.tenant.pk):
        item.refresh_from_db()
    assert item.status == "waiting"


@pytest.mark.parametrize(
    "address",
    [
        "/runs/?workflow=%00",
        "/runs/?status=%00",
        "/runs/?after=%00",
        "/review/?workflow=%00",
        "/review/?kind=%00",
        "/record/?actor=%00",
        "/record/?family=%00",
        "/reports/?before=%00",
        "/people/?after=%00",
        "/people/?invited_after=%00",
        "/sources/?after=%00",
        "/sources/orders/?revision=%00",
        "/sources/orders/?revision=²",
        "/workflows/?after=%00",
    ],
)
def test_a_filter_with_a_nul_finds_nothing(world: World, address: str) -> None:
    who = inside(world.harbor)
    who.http.raise_request_exception = False
    assert who.get(address).status_code in (200, 400, 404)


@pytest.mark.parametrize("query", ["workflow=%00", "status=%00", "trigger=%00", "cursor=%00"])
def test_a_filter_of_the_api_with_a_nul_breaks_nothing(world: World, query: str) -> None:
    with tenant_scope(world.harbor.tenant.pk):
        _, key = make_key(name="x", scopes=["runs:read"], actor=world.harbor.actor())
    http = Browser(raise_request_exception=False, headers={"Authorization": f"Bearer {key}"})
    assert http.get(f"/api/v1/runs?{query}").status_code in (200, 400, 404)

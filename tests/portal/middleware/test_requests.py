"""Answers that no browser and no proxy keeps."""

import json

import pytest
from django.http import HttpResponse
from django.test import Client as Http
from django.test import RequestFactory

from portal.middleware.requests import not_stored
from tests.browsing import browser
from tests.portal.review_kit import ask
from tests.world import World, make_world

pytestmark = pytest.mark.django_db
TENANT = (
    "",
    "review/",
    "review/?status=done",
    "exceptions/",
    "workflows/",
    "workflows/refund-replies/",
    "runs/",
    "sources/",
    "sources/returns-policy/",
    "reports/",
    "record/",
    "people/",
    "policies/",
    "quality/",
    "notices/",
    "stop/",
    "nothing-here/",
    "admin/",
    "admin/workflows/version/",
    "admin/jsi18n/",
)


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.mark.parametrize("path", TENANT)
def test_no_page_of_a_tenant_is_stored(world: World, path: str) -> None:
    who = browser(world.operator if path.startswith("admin") else world.harbor.owner)
    for headers in ({}, {"HX-Request": "true"}):
        answer = who.get(f"/t/harbor-pine/{path}", headers=headers)
        assert "no-store" in answer["Cache-Control"], path
        assert "public" not in answer["Cache-Control"]
    assert "no-store" in Http().get(f"/t/harbor-pine/{path}")["Cache-Control"]


def test_no_item_and_no_refusal_is_stored(world: World) -> None:
    item, who = ask(world.harbor), browser(world.harbor.owner)
    base = f"/t/harbor-pine/review/{item.pk}/"
    assert "no-store" in who.get(base)["Cache-Control"]
    assert "no-store" in who.post(base, {})["Cache-Control"]
    assert "no-store" in who.post(base, {"_tenant": "quill-books"})["Cache-Control"]


def test_what_belongs_to_a_person_or_a_key_is_not_stored(world: World) -> None:
    who = browser(world.operator)
    for path in ("/", "/account/", "/accounts/2fa/", "/invitations/x/"):
        assert "no-store" in who.get(path, follow=False)["Cache-Control"], path
    for path in ("/api/v1/runs", "/api/v1/review-items", "/api/v1/nothing"):
        assert "no-store" in Http().get(path)["Cache-Control"], path


def test_what_is_the_same_for_everybody_may_be(world: World) -> None:
    assert "no-store" not in Http().get("/app.webmanifest")["Cache-Control"]
    for path in ("/offline/", "/schema/definition.json", "/service-worker.js"):
        assert "no-store" not in Http().get(path).get("Cache-Control", ""), path
    assert json.loads(Http().get("/app.webmanifest").content)["name"]


def test_a_response_keeps_what_it_says_of_caches_itself() -> None:
    answer = HttpResponse(headers={"Cache-Control": "max-age=5"})
    found = not_stored(lambda request: answer)(RequestFactory().get("/record/"))
    assert set(found["Cache-Control"].split(", ")) == {"max-age=5", "no-store", "private"}

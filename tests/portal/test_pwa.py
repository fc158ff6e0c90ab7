"""What lets a phone install the portal."""

import json

import pytest
from django.contrib.staticfiles import finders
from django.test import Client as Browser

from tests.portal.review_kit import inside, text
from tests.world import make_world

pytestmark = pytest.mark.django_db


def test_the_manifest_names_the_provider_and_its_icons_are_there() -> None:
    make_world()
    answer = Browser().get("/app.webmanifest")
    assert answer["Content-Type"] == "application/manifest+json"
    found = json.loads(answer.content)
    assert found["display"] == "standalone"
    assert (found["start_url"], found["scope"]) == ("/", "/")
    assert {icon["sizes"] for icon in found["icons"]} == {"192x192", "512x512"}
    for icon in found["icons"]:
        assert finders.find(icon["src"].removeprefix("/static/")), icon


def test_every_page_names_the_manifest_outside_the_tenant() -> None:
    page = text(inside(make_world().harbor).get("/review/"))
    assert '<link rel="manifest" href="/app.webmanifest">' in page


def test_the_worker_is_asked_for_anew_and_keeps_no_page_of_a_client() -> None:
    make_world()
    answer = Browser().get("/service-worker.js")
    assert answer["Content-Type"].startswith("text/javascript")
    assert "no-cache" in answer["Cache-Control"]
    assert "/t/" not in text(answer)
    assert 'const KEPT = ["/offline/"' in text(answer).replace("\\u002D", "-")


def test_the_offline_page_is_nobodys() -> None:
    make_world()
    page = text(Browser().get("/offline/"))
    assert "You are offline" in page
    assert "Sign out" not in page

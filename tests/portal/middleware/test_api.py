"""Requests of the API take a branch of their own, and keep what holds for every request."""

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest
from django.test import Client as Http

from tests.browsing import browser
from tests.portal.api.api_kit import ITEMS, RUNS, key_of, send
from tests.world import REQUEST, World, make_world

pytestmark = pytest.mark.django_db
FOR_PAGES = {
    "allauth.account.middleware",
    "django.contrib.auth.middleware",
    "django.contrib.messages.middleware",
    "django.contrib.sessions.middleware",
    "django.middleware.csrf",
    "django_htmx.middleware",
    "portal.middleware.signing_in",
    "portal.middleware.tenant",
}


@pytest.fixture
def world() -> World:
    return make_world()


def modules_run(act: Callable[[], Any]) -> set[str]:
    """The modules whose functions were called meanwhile."""
    found: set[str] = set()

    def note(frame: FrameType, event: str, argument: object) -> None:
        if event == "call":
            found.add(frame.f_globals.get("__name__", ""))

    sys.setprofile(note)
    try:
        act()
    finally:
        sys.setprofile(None)
    return found


def test_no_middleware_of_pages_runs_under_the_api(world: World) -> None:
    key = key_of(world.harbor)
    system, person = Http(headers={"Authorization": f"Bearer {key}"}), browser(world.harbor.owner)
    body = {"workflow": "refund-replies", "input": REQUEST}
    for of_api in (
        lambda: system.post(RUNS, body, "application/json"),
        lambda: system.get(RUNS),
        lambda: system.get(ITEMS),
        lambda: system.get(RUNS, headers={"Authorization": ""}),
        lambda: system.get("/api/v1/nowhere"),
        lambda: system.get("/api/v1/schema/"),
    ):
        of_api()  # a client's first request builds the middleware
        assert modules_run(of_api) & FOR_PAGES == set()
    assert modules_run(lambda: person.get("/t/harbor-pine/")) >= FOR_PAGES


def test_what_holds_for_every_request_holds_under_the_api(world: World) -> None:
    answers = [
        send(key_of(world.harbor), "GET", RUNS),
        send(None, "GET", RUNS),
        send(None, "GET", "/api/v1/nowhere"),
        send(None, "POST", RUNS, "x" * 3_000_000),
    ]
    assert [answer.status_code for answer in answers] == [200, 401, 404, 413]
    for answer in answers:
        assert answer["X-Frame-Options"] == "DENY"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Referrer-Policy"] == "same-origin"
        assert "default-src 'self'" in answer["Content-Security-Policy"]
        assert "no-store" in answer["Cache-Control"]
        assert answer["X-Request-ID"]
        assert not answer.cookies
    elsewhere = send(key_of(world.harbor), "GET", RUNS, Host="elsewhere.example")
    assert elsewhere.status_code == 400

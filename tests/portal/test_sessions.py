"""A session that is over: the whole page goes to sign in, and comes back to a page."""

import pytest
from django.test import Client as Http

from tests.portal.review_kit import Visitor, ask, inside
from tests.world import World, make_world

SIGN_IN = "/accounts/login/?next="


@pytest.fixture
def world(db: None) -> World:
    return make_world()


@pytest.fixture
def gone(world: World) -> Visitor:
    """Somebody whose session is over."""
    visitor = inside(world.harbor)
    visitor.http.logout()
    return visitor


def headers(page: str, host: str = "http://testserver") -> dict[str, str]:
    return {"HX-Request": "true", "HX-Current-URL": f"{host}{page}"}


@pytest.mark.parametrize(
    ("method", "part"),
    [("get", ""), ("post", "here/"), ("post", "decide/"), ("post", "difference/")],
)
def test_what_htmx_asks_for_sends_the_whole_page_to_sign_in_and_back_to_it(
    world: World, gone: Visitor, method: str, part: str
) -> None:
    page = f"/t/harbor-pine/review/{ask(world.harbor).pk}/"
    answer = getattr(gone.http, method)(f"{page}{part}", headers=headers(f"{page}?tab=facts"))
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer["HX-Redirect"] == f"{SIGN_IN}{page}%3Ftab%3Dfacts"


@pytest.mark.parametrize(
    "current",
    [
        "http://elsewhere.example/t/harbor-pine/",
        "http://testserver@elsewhere.example/",
        "//elsewhere.example/",
        "http://testserver//elsewhere.example/",
        "http://testserver/\\elsewhere.example/",
        "javascript:alert(1)",
        "http://[",
        "http://testserver/accounts/login/?next=/",
        "",
    ],
)
def test_no_other_site_is_come_back_to(gone: Visitor, current: str) -> None:
    more = {"HX-Request": "true", "HX-Current-URL": current}
    answer = gone.http.post("/t/harbor-pine/review/x/here/", headers=more)
    assert answer.status_code == 204
    target = answer["HX-Redirect"].removeprefix(SIGN_IN)
    assert target in ("/t/harbor-pine/", "/%5Celsewhere.example/", "/%5C%5Celsewhere.example/")


def test_a_form_without_htmx_comes_back_to_its_page_and_not_to_where_it_goes(
    world: World, gone: Visitor
) -> None:
    page = f"/t/harbor-pine/review/{ask(world.harbor).pk}/"
    sent = gone.http.post(f"{page}decide/", headers={"Referer": f"http://testserver{page}"})
    assert sent["Location"] == f"{SIGN_IN}{page}"
    sent = gone.http.post(f"{page}decide/", headers={"Referer": "http://elsewhere.example/"})
    assert sent["Location"] == f"{SIGN_IN}/t/harbor-pine/"


def test_pages_outside_a_client_do_the_same(gone: Visitor) -> None:
    for path in ("/", "/desk/", "/desk/clients/new/"):
        answer = gone.http.get(path, headers=headers("/desk/?all=1"))
        assert (answer.status_code, answer["HX-Redirect"]) == (204, f"{SIGN_IN}/desk/%3Fall%3D1")
        assert gone.http.get(path)["Location"] == f"{SIGN_IN}{path}"


def test_what_the_back_button_restores_is_a_whole_page(gone: Visitor) -> None:
    more = headers("/t/harbor-pine/") | {"HX-History-Restore-Request": "true"}
    assert gone.http.get("/t/harbor-pine/review/", headers=more).status_code == 302


def test_what_a_page_asks_by_itself_leads_to_that_page(world: World) -> None:
    """Somebody who signed in from there, or kept the address."""
    page = f"/review/{ask(world.harbor).pk}/"
    visitor = inside(world.harbor)
    assert visitor.get(f"{page}here/")["Location"] == f"/t/harbor-pine{page}"
    assert visitor.get(page).status_code == 200
    assert Http().get(f"/t/harbor-pine{page}here/").status_code == 302


def test_whoever_is_signed_in_is_not_sent_anywhere(world: World) -> None:
    page = f"/review/{ask(world.harbor).pk}/"
    answer = inside(world.harbor).get(page, **headers(f"/t/harbor-pine{page}"))
    assert answer.status_code == 200
    assert "HX-Redirect" not in answer.headers

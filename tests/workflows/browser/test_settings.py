"""Settings of a tool that works a page: what staff may declare, and what a model may give."""

from typing import Any

import pytest

from tenants.errors import Invalid
from workflows.browser.settings import browser_settings, check_values, page_address

START = "https://admin.shop.example/login"
SUBMIT = {"submit": "Send", "shows": "Sent"}
FILL = {"fill": "Order", "argument": "order"}


def declared(**settings: Any) -> dict[str, Any]:
    return {"start": START} | settings


def test_what_is_declared_is_known() -> None:
    pin = {"fill": "PIN", "secret": "secret:pin"}
    found = browser_settings(declared(steps=[FILL, pin, {"open": "/next"}, SUBMIT]))
    assert found.arguments == {"order"}
    assert found.secrets == ["pin"]
    assert found.submit is not None
    assert browser_settings(declared(any_page=True)).arguments == {"path"}


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({}, "start"),
        ({"start": "file:///etc/passwd"}, "http or https"),
        ({"start": "https://user:pw@shop.example/"}, "http or https"),
        (declared(steps=[{"run": "alert(1)"}]), "steps.0"),
        (declared(steps=[{"fill": "Order"}]), "name one of them"),
        (declared(steps=[FILL | {"secret": "secret:pin"}]), "name one of them"),
        (declared(steps=[{"fill": "PIN", "secret": "4711"}]), "secret"),
        (declared(steps=[SUBMIT, FILL]), "last step"),
        (declared(steps=[SUBMIT, SUBMIT]), "last step"),
        (declared(steps=[{"submit": "Send"}]), "shows"),
        (declared(steps=[SUBMIT], any_page=True), "of its own choice"),
        (declared(steps=[FILL | {"argument": "path"}], any_page=True), "fills no field"),
        (declared(steps=[{"open": "//other.example/"}]), "open"),
        (declared(steps=[{"open": "https://other.example/"}]), "open"),
        (declared(steps=[{"click": " "}]), "click"),
        (declared(steps=[FILL] * 21), "steps"),
        (declared(seconds=600), "seconds"),
        (declared(script="1"), "script"),
        (declared(steps="x"), "steps"),
        (declared(steps=["x"]), "steps.0"),
        (declared(steps=[None]), "steps.0"),
    ],
)
def test_wrong_settings_are_refused(settings: dict[str, Any], told: str) -> None:
    with pytest.raises(Invalid, match=told):
        browser_settings(settings)


@pytest.mark.parametrize(
    "path",
    [
        "//other.example/",
        "https://other.example/",
        "@other.example/",
        "/a b",
        "/\\x",
        "",
        ".x/",
        "/x" * 999,
    ],
)
def test_a_page_of_another_host_is_no_page(path: str) -> None:
    with pytest.raises(Invalid, match=r"admin\.shop\.example"):
        page_address(browser_settings(declared()), path)


def test_a_page_of_the_same_host_is_a_page() -> None:
    settings = browser_settings(declared())
    address = "https://admin.shop.example/a?b=c"
    assert page_address(settings, "/a?b=c") == address


@pytest.mark.parametrize(
    "args",
    [{}, {"order": None}, {"order": ["x"]}, {"order": "x" * 5001}, {"order": "1", "more": "x"}],
)
def test_values_that_no_field_takes_are_refused(args: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        check_values(browser_settings(declared(steps=[FILL])), args)


def test_values_that_fields_take_pass() -> None:
    settings = browser_settings(declared(steps=[FILL]))
    for value in ("10412", 10412, 1.5, False, ""):
        check_values(settings, {"order": value})
    check_values(browser_settings(declared(any_page=True)), {})
    with pytest.raises(Invalid):
        check_values(browser_settings(declared(any_page=True)), {"path": 5})

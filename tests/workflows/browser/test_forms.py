"""Forms of pages in words: what of them is kept, and how one differs from what people saw."""

from typing import Any

import pytest

from workflows.browser.forms import PageForm, form_change

FIELD = {
    "name": "order",
    "kind": "text",
    "label": "Order",
    "value": "10412",
    "sent": "",
    "is_seen": True,
    "is_covered": False,
}
TOKEN = FIELD | {"name": "token", "kind": "hidden", "label": "", "value": "", "is_seen": False}
PIN = FIELD | {"name": "pin", "label": "PIN", "value": "", "is_covered": True}


def form(*fields: dict[str, Any], **changes: Any) -> PageForm:
    told = {
        "address": "http://shop.example/send",
        "method": "post",
        "page": "http://shop.example/refunds/new",
        "fields": list(fields or (FIELD, PIN, TOKEN)),
        "is_cut": False,
    }
    return PageForm.read(told | changes)


def test_a_form_that_stayed_the_same_has_no_change() -> None:
    assert form_change(form(), form()) == ""
    assert PageForm.read(form().as_json()) == form()


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (form(address="http://shop.example/other"), "goes to another address"),
        (form(method="get"), "sent in another way"),
        (form(FIELD, PIN, TOKEN, FIELD | {"name": "fee", "label": "Fee"}), "has a field “Fee”"),
        (form(FIELD, TOKEN), "has no field “PIN”"),
        (form(FIELD | {"label": "Amount"}, PIN, TOKEN), "has a field “Amount”"),
        (form(PIN, FIELD, TOKEN), "fields are others"),
        (form(FIELD, PIN, TOKEN, TOKEN), "fields are others"),
        (form(FIELD, PIN, TOKEN, is_cut=True), "fields are others"),
        (form(FIELD | {"value": "1" * 90}, PIN, TOKEN), "said “10412” and says “1111"),
        (form(FIELD | {"sent": "all"}, PIN, TOKEN), "“Order” said"),
        (form(FIELD, PIN | {"is_covered": False}, TOKEN), "covered, as it is a secret"),
        (form(FIELD, PIN, TOKEN | {"is_seen": True}), "has a field “token”"),
    ],
)
def test_what_changed_is_said_and_that_nothing_was_sent(now: PageForm, said: str) -> None:
    found = form_change(form(), now)
    assert said in found
    assert "Nothing was sent. Ask again" in found
    assert len(found) < 300


def test_a_page_without_a_form_is_known_by_its_address() -> None:
    bare = {"address": "", "method": ""}
    other = form(**bare, page="http://shop.example/elsewhere")
    assert "another address" in form_change(form(**bare), other)


def test_a_secret_and_odd_characters_are_kept_nowhere() -> None:
    told = form(FIELD | {"value": "pin-4711 \x00 \ud800", "label": "pin-4711"}).as_json()
    read = PageForm.read(told, ["pin-4711"])
    assert "pin-4711" not in str(read)
    assert read.fields[0].value.encode("utf-8").count(b"\x00") == 0


def test_a_field_is_named_and_said_in_words() -> None:
    found = form(FIELD | {"value": ""}, PIN, TOKEN, FIELD | {"label": "", "name": ""})
    assert [one.title for one in found.seen] == ["Order", "PIN", "a field without a name"]
    assert [one.said for one in found.seen] == ["empty", "covered, as it is a secret", "10412"]

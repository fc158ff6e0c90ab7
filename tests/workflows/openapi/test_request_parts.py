"""Arguments are put in their places, and none can leave its own."""

import json
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tenants.errors import Invalid
from tests.workflows.openapi.settings_kit import settings
from workflows.openapi.request_parts import RequestParts, request_parts, with_query

SETTINGS = settings()
HOSTILE = [
    *("..", ".", "a/b", "a\\b", "%2e%2e", "%2E.", "..%2f", "%252e%252e%252f", "a%2fb", "..;x"),
    *("%5c", "a\nb", "a%0d%0ab", "", "\x00", "%25252f", ".%252e", "\ud800", "..%3bx"),
]


def parts(**args: Any) -> RequestParts:
    return request_parts(SETTINGS, {"id": "7"} | args)


def test_each_argument_is_written_in_its_place() -> None:
    found = parts(
        id="a b?#&é",
        q=["x&y=z", 2, True],
        tags=["a", "b c"],
        filter={"a": [1]},
        reason="as asked",
        amount=3,
        note="ü",
    )
    address, _, query = found.url.partition("?")
    assert address == "https://things.example/v1/things/a%20b%3F%23%26%C3%A9"
    assert parse_qsl(query) == [
        *(("q[a]", "x&y=z"), ("q[a]", "2"), ("q[a]", "true")),
        *(("tags", "a,b c"), ("filter", '{"a": [1]}')),
    ]
    assert found.headers == {
        "Accept": "application/json",
        "X-Reason": "as asked",
        "Content-Type": "application/json",
    }
    assert json.loads(found.body or b"") == {"amount": 3, "the note": "ü"}


def test_what_is_left_out_is_not_sent() -> None:
    found = parts(q=None, tags=[], note=None)
    assert (found.url, found.body) == ("https://things.example/v1/things/7", b'{"the note": null}')
    bare = settings(places={"id": {"in": "path", "name": "id"}})
    assert request_parts(bare, {"id": 7}).body is None
    whole = settings(places={"id": {"in": "path", "name": "id"}, "body": {"in": "whole"}})
    assert request_parts(whole, {"id": 7}).body is None
    assert request_parts(whole, {"id": 7, "body": [1]}).body == b"[1]"


def test_a_form_is_sent_as_one() -> None:
    form = settings(content_type="application/x-www-form-urlencoded")
    found = request_parts(form, {"id": 7, "amount": [1, 2], "note": "a&b=c d"})
    assert found.body == b"amount=1&amount=2&the%20note=a%26b%3Dc%20d"
    with pytest.raises(Invalid, match="a text or a number"):
        request_parts(form, {"id": 7, "note": {"a": 1}})


@pytest.mark.parametrize("value", [*HOSTILE, None, [], [".."], {}, ["a", ""], [["a"]], ["a,b"]])
def test_no_argument_leaves_its_part_of_the_path(value: Any) -> None:
    with pytest.raises(Invalid) as error:
        parts(id=value)
    assert error.value.code == "bad_args"


@pytest.mark.parametrize("url", ["https://a.example/x.{id}", "https://a.example/{id}./y"])
def test_an_argument_does_not_make_a_step_with_what_stands_beside_it(url: str) -> None:
    beside = settings(url=url, places={"id": {"in": "path", "name": "id"}})
    assert "/.." not in request_parts(beside, {"id": "a"}).url
    dotted = settings(url="https://a.example/.{id}/y", places={"id": {"in": "path", "name": "id"}})
    with pytest.raises(Invalid, match="lead to another address"):
        request_parts(dotted, {"id": "."})


@given(st.text(max_size=20))
@example("..")
@example("a/../b")
@example("%2e%2e%2f")
def test_whatever_the_text_is_the_path_has_as_many_parts(text: str) -> None:
    try:
        found = parts(id=text, q=text)
    except Invalid:
        return
    split = urlsplit(found.url)
    assert (split.netloc, split.path.count("/"), split.fragment) == ("things.example", 3, "")
    assert ".." not in split.path.split("/")
    assert parse_qsl(split.query, keep_blank_values=True) == [("q[a]", text)]


@pytest.mark.parametrize("value", ["a\r\nX: 1", "a\nb", "é", "\x00", ["a,b"], {"a": 1}])
def test_no_argument_leaves_its_header(value: Any) -> None:
    with pytest.raises(Invalid) as error:
        parts(reason=value)
    assert error.value.code == "bad_args"


def test_an_argument_that_is_not_taken_is_refused() -> None:
    for args in ({"other": 1}, {"tags": ["a,b"]}, {"q": {"a": 1}}, {"amount": float("nan")}):
        with pytest.raises(Invalid):
            parts(**args)
    with pytest.raises(Invalid, match="id is missing"):
        request_parts(SETTINGS, {})


def test_a_further_name_of_the_query_comes_last() -> None:
    assert with_query("https://a/b", "k", "a&b") == "https://a/b?k=a%26b"
    assert with_query("https://a/b?c=d", "k", "1") == "https://a/b?c=d&k=1"

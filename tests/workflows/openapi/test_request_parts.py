"""Arguments are put in their places, and none can leave its own."""

import json
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tenants.errors import Invalid
from tests.workflows.openapi.settings_kit import settings
from workflows.openapi.request_parts import RequestParts, request_parts, with_cookie, with_query

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


def test_a_form_of_parts_is_sent_as_one() -> None:
    form = settings(content_type="multipart/form-data")
    found = request_parts(form, {"id": 7, "amount": [1, 2], "note": "a\r\nb"})
    kind = found.headers["Content-Type"]
    assert kind.startswith("multipart/form-data; boundary=")
    body = (found.body or b"").decode()
    assert body.count(kind.partition("=")[2]) == 4
    assert body.count('name="amount"') == 2
    assert 'name="the note"\r\n\r\na\r\nb\r\n' in body


def query_of(style: str, value: object) -> str:
    places = {"q": {"in": "query", "name": "q[a]", "style": style}}
    made = settings(url="https://a.example/x", places=places)
    return request_parts(made, {"q": value}).url.partition("?")[2]


@pytest.mark.parametrize(
    ("style", "value", "query"),
    [
        (
            "deep",
            {"gt": 3, "a]b": "x&y", "none": None},
            "q%5Ba%5D%5Bgt%5D=3&q%5Ba%5D%5Ba%5Db%5D=x%26y",
        ),
        ("deep", 7, "q%5Ba%5D=7"),
        ("deep", {}, ""),
        ("pipes", ["a", "b,c"], "q%5Ba%5D=a%7Cb%2Cc"),
        ("spaces", ["a", "b"], "q%5Ba%5D=a%20b"),
        ("spaces", "a b", "q%5Ba%5D=a%20b"),
    ],
)
def test_a_value_is_written_in_its_style(style: str, value: object, query: str) -> None:
    assert query_of(style, value) == query


@pytest.mark.parametrize(
    ("style", "value"),
    [
        ("deep", {"a": [1]}),
        ("deep", {"a": {"b": 1}}),
        ("pipes", ["a|b"]),
        ("spaces", ["a b"]),
        ("commas", ["a,b"]),
        ("repeated", {"a": 1}),
    ],
)
def test_a_value_that_its_style_can_not_carry_is_refused(style: str, value: object) -> None:
    with pytest.raises(Invalid) as error:
        query_of(style, value)
    assert error.value.code == "bad_args"


COOKIES = {
    "a": {"in": "cookie", "name": "a"},
    "b": {"in": "cookie", "name": "b", "style": "json"},
}


def test_cookies_go_along_in_one_header() -> None:
    made = settings(url="https://a.example/x", places=COOKIES)
    found = request_parts(made, {"a": "x=1", "b": [True]})
    assert found.headers["Cookie"] == "a=x=1; b=[true]"
    assert with_cookie(found.headers, "sid", "s3")["Cookie"] == "a=x=1; b=[true]; sid=s3"
    assert with_cookie({}, "sid", "s3") == {"Cookie": "sid=s3"}


@pytest.mark.parametrize("value", ["a b", "a;b=c", 'a"', "a,b", "a\\b", "é", "a\r\nb", ["a"]])
def test_no_argument_makes_another_cookie(value: object) -> None:
    made = settings(url="https://a.example/x", places=COOKIES)
    with pytest.raises(Invalid) as error:
        request_parts(made, {"a": value})
    assert error.value.code == "bad_args"


def test_a_secret_that_no_cookie_can_hold_is_not_repeated() -> None:
    with pytest.raises(Invalid) as error:
        with_cookie({}, "sid", "s3 zzz")
    assert "zzz" not in error.value.message


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

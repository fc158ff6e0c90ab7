"""Settings with which no call could be made are refused when they are saved."""

from typing import Any

import pytest

from tenants.errors import Invalid
from tests.workflows.openapi.settings_kit import raw_settings, settings
from workflows.openapi.settings import operation_settings

HEADER = {"in": "header", "name": "X-Reason"}
KEY = {"in": "header", "name": "X-Key", "secret": "secret:shop"}


def test_settings_are_taken_as_an_import_makes_them() -> None:
    found = settings(credential=KEY, idempotency_header="Idempotency-Key")
    assert found.header_names() == ["X-Reason", "X-Key", "Idempotency-Key"]
    assert settings(credential={"in": "bearer", "secret": "secret:a"}).header_names() == [
        *("X-Reason", "Authorization")
    ]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"method": "TRACE"}, "bad_settings"),
        ({"odd": 1}, "bad_settings"),
        ({"places": {"a": {"in": "fragment"}}}, "bad_settings"),
        ({"url": "https://a.example/", "places": {"a": {"in": "cookie"}}}, "bad_settings"),
        ({"credential": {"in": "cookie", "name": "a b", "secret": "secret:a"}}, "bad_settings"),
        ({"credential": {"in": "cookie", "secret": "secret:a"}}, "bad_settings"),
        ({"places": {}}, "bad_settings"),
        ({"url": "https://things.example/{id}/{id}"}, "bad_settings"),
        ({"url": "https://{id}.example/"}, "bad_url"),
        ({"url": "https://things.example/{id}?key=1"}, "bad_url"),
        ({"url": "https://things.example/{id}#a"}, "bad_url"),
        ({"url": "file:///{id}"}, "bad_url"),
        ({"content_type": "text/plain"}, "bad_settings"),
        ({"content_type": ""}, "bad_settings"),
        ({"credential": KEY | {"name": "x-reason"}}, "bad_header"),
        ({"credential": KEY | {"name": "a b"}}, "bad_header"),
        ({"credential": KEY | {"name": "a\r\nb"}}, "bad_header"),
        ({"credential": KEY | {"secret": "in the open"}}, "bad_settings"),
        ({"credential": {"in": "query", "secret": "secret:a"}}, "bad_settings"),
        ({"credential": {"in": "query", "name": "tags", "secret": "secret:a"}}, "bad_settings"),
        ({"idempotency_header": "X-Reason"}, "bad_header"),
        ({"idempotency_header": "Host"}, "bad_header"),
        ({"idempotency_header": "Proxy-Authorization"}, "bad_header"),
        ({"answers": {"200": {"type": "strange"}}}, "schema"),
        ({"answers": []}, "bad_settings"),
    ],
)
def test_other_settings_are_refused(changes: dict[str, Any], code: str) -> None:
    with pytest.raises(Invalid) as error:
        settings(**changes)
    assert error.value.code == code


@pytest.mark.parametrize("name", ["Cookie", "Content-Length", "Transfer-Encoding", "host", "TE"])
def test_no_argument_fills_a_header_that_frames_the_request(name: str) -> None:
    made = raw_settings()
    made["places"]["reason"]["name"] = name
    with pytest.raises(Invalid, match="can't be a header"):
        operation_settings(made)


def test_a_body_is_one_argument_or_its_fields() -> None:
    whole = {"id": {"in": "path", "name": "id"}, "body": {"in": "whole"}}
    assert settings(places=whole).places["body"].in_ == "whole"
    for changes in (
        {"places": whole | {"a": {"in": "body", "name": "a"}}},
        {"places": whole, "content_type": "application/x-www-form-urlencoded"},
    ):
        with pytest.raises(Invalid):
            settings(**changes)
    for odd in (None, [], "text", {}):
        with pytest.raises(Invalid):
            operation_settings(odd)

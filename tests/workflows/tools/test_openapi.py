"""Operations are called over HTTP: what is sent, and what the answers mean."""

import asyncio
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tenants.errors import Invalid
from tenants.models import Tenant
from tenants.services.keys import RevealedSecret
from tests.fakes.doors import allow
from tests.fakes.sink import HttpSink
from tests.workflows.openapi.settings_kit import raw_settings
from tests.workflows.openapi.shop_document import operations_of, shop_document
from workflows.exceptions.causes import Cause
from workflows.tools import ToolFailed, ToolInDoubt, ToolRequest, egress, openapi
from workflows.tools.openapi import carry_out

SECRET = "sesame-open-1"
KEYS = {
    "header": {"in": "header", "name": "X-Api-Key", "secret": "secret:shop"},
    "query": {"in": "query", "name": "key", "secret": "secret:shop"},
    "cookie": {"in": "cookie", "name": "sid", "secret": "secret:shop"},
    "bearer": {"in": "bearer", "secret": "secret:shop"},
}


@pytest.fixture(scope="module")
def server() -> Iterator[HttpSink]:
    with HttpSink() as opened:
        yield opened


@pytest.fixture
def shop(server: HttpSink) -> HttpSink:
    allow(server.host)
    server.status, server.body = 200, None
    return server


@pytest.fixture
def keep(monkeypatch: pytest.MonkeyPatch) -> None:
    revealed = RevealedSecret(SECRET, name="shop-key")
    monkeypatch.setattr(openapi, "reveal_for_call", lambda name, url: revealed)


def settings_of(shop: HttpSink, key: str, **more: Any) -> dict[str, Any]:
    """The settings of an operation of the shop's document."""
    found = operations_of(shop_document(f"{shop.url}/v1"))[key]
    made = {
        "api": "shop",
        "operation": key,
        "method": found.method,
        "url": found.url,
        "places": found.places,
        "content_type": found.content_type,
        "answers": found.answers,
    }
    return made | more


def send(settings: dict[str, Any], args: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Carry a call out, on a loop of its own with a session of its own."""
    resolved = openapi.resolve(settings, Tenant())
    request = ToolRequest("openapi", resolved, args, "the-key", timeout=5, **more)
    # In a thread: a browser's test may have left a loop in this one.
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, _alone(request)).result()


async def _alone(request: ToolRequest) -> dict[str, Any]:
    egress._session.cache_clear()
    try:
        return await carry_out(request)
    finally:
        await egress._session().close()
        egress._session.cache_clear()


FIND, LIST = "GET /orders/{order}", "GET /orders"
REFUND, CANCEL = "POST /orders/{order}/refunds", "DELETE /refunds/{id}"


def test_a_read_sends_its_arguments_and_returns_the_answer(shop: HttpSink) -> None:
    shop.body = {"order": "A 1", "total": 7, "more": True}
    found = send(settings_of(shop, FIND), {"order": "A 1?#%"}, acts=False)
    assert found == {"status": 200, "body": shop.body}
    sent = shop.requests[-1]
    assert (sent["method"], sent["path"]) == ("GET", "/v1/orders/A%201%3F%23%25")
    assert (sent["body"], sent["key"]) == (None, "")


def test_every_percent_sign_arrives_as_it_was_written(shop: HttpSink) -> None:
    """A library that tidies an address would let a comma or a dot out of its argument."""
    shop.body = []
    send(settings_of(shop, LIST), {"state": ["a,b&c=d+e %2c", "~.."], "limit": 2}, acts=False)
    path = "/v1/orders?state=a%2Cb%26c%3Dd%2Be%20%252c&state=~..&limit=2"
    assert shop.requests[-1]["path"] == path


def test_a_write_sends_body_headers_and_key(shop: HttpSink) -> None:
    shop.status, shop.body = 201, {"id": "r1"}
    settings = settings_of(shop, REFUND, idempotency_header="X-Once")
    args = {"path_order": "7", "amount": 3, "body_order": "8", "X_Reason": "broken"}
    assert send(settings, args)["body"] == {"id": "r1"}
    sent = shop.requests[-1]
    assert sent["path"] == "/v1/orders/7/refunds"
    assert sent["body"] == {"amount": 3, "order": "8"}
    names = ("X-Reason", "X-Once", "Content-Type")
    assert [sent["headers"][n] for n in names] == ["broken", "the-key", "application/json"]


@pytest.mark.usefixtures("keep")
def test_a_cookie_of_an_argument_and_the_secrets_go_in_one_header(shop: HttpSink) -> None:
    shop.body = {"order": "7", "total": 1}
    settings = settings_of(shop, FIND, credential=KEYS["cookie"])
    settings["places"] = settings["places"] | {"shelf": {"in": "cookie", "name": "shelf"}}
    send(settings, {"order": "7", "shelf": "b"}, acts=False)
    assert shop.requests[-1]["headers"]["Cookie"] == f"shelf=b; sid={SECRET}"


def test_a_secret_that_no_cookie_holds_is_not_sent(
    shop: HttpSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    revealed = RevealedSecret("two words", name="shop-key")
    monkeypatch.setattr(openapi, "reveal_for_call", lambda name, url: revealed)
    before = len(shop.requests)
    with pytest.raises(ToolFailed, match="character that no cookie can hold"):
        send(settings_of(shop, FIND, credential=KEYS["cookie"]), {"order": "7"}, acts=False)
    assert len(shop.requests) == before


def test_an_answer_without_a_body_is_done(shop: HttpSink) -> None:
    shop.status, shop.body = 204, b""
    assert send(settings_of(shop, CANCEL), {"id": "r1"}) == {"status": 204, "body": ""}
    assert (shop.requests[-1]["method"], shop.requests[-1]["raw"]) == ("DELETE", "")


@pytest.mark.usefixtures("keep")
@pytest.mark.parametrize("where", KEYS)
@pytest.mark.parametrize("status", [200, 302, 401, 500])
def test_a_credential_goes_along_and_comes_back_nowhere(
    shop: HttpSink, where: str, status: int
) -> None:
    shop.status, shop.body = status, {"order": SECRET, "total": 1, "error": f"not {SECRET}"}
    settings = settings_of(shop, FIND, credential=KEYS[where])
    try:
        said = str(send(settings, {"order": "7"}, acts=False))
    except (ToolFailed, ToolInDoubt) as error:
        said = str(error)
    sent = json.dumps([shop.requests[-1]["path"], shop.requests[-1]["headers"]])
    assert SECRET in sent
    assert (f"Bearer {SECRET}" in sent) == (where == "bearer")
    assert SECRET not in said
    assert SECRET not in json.dumps(settings)


@pytest.mark.usefixtures("keep")
def test_a_credential_in_an_address_that_can_not_be_called_is_not_told(shop: HttpSink) -> None:
    allow("127.0.0.1:1")
    settings = settings_of(shop, FIND, credential=KEYS["query"], url="http://127.0.0.1:1/{order}")
    with pytest.raises(ToolFailed) as error:
        send(settings, {"order": "7"}, acts=False)
    assert SECRET not in str(error.value)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"order": "7"}, "its body: 'total' is a required property"),
        ({"order": 7, "total": 1}, "order: 7 is not of type 'string'"),
        (b"<html>Sign in</html>", "Its body is no JSON."),
        (b"", "Its body is no JSON."),
        (b"[" * 5000, "Its body is no JSON."),
    ],
)
def test_a_read_whose_answer_does_not_fit_fails_in_a_sentence(
    shop: HttpSink, body: Any, said: str
) -> None:
    shop.body = body
    with pytest.raises(ToolFailed) as error:
        send(settings_of(shop, FIND), {"order": "7"}, acts=False)
    assert (error.value.cause, error.value.retryable) == (Cause.TOOL, False)
    assert said in str(error.value)
    assert "answered 200, but not as its description says" in str(error.value)


def test_a_write_whose_answer_does_not_fit_is_in_doubt(shop: HttpSink) -> None:
    shop.status, shop.body = 201, {"number": "r1"}
    with pytest.raises(ToolInDoubt, match="'id' is a required property"):
        send(settings_of(shop, REFUND), {"path_order": "7", "amount": 3})


def test_a_number_that_no_float_has_fits_all_the_same(shop: HttpSink) -> None:
    shop.body = b'{"at": 52.520006599999997}'
    answers = {"2XX": {"type": "object", "properties": {"at": {"type": "number"}}}}
    found = send(settings_of(shop, FIND, answers=answers), {"order": "7"}, acts=False)
    assert found["body"] == {"at": "52.520006599999997"}


def test_another_status_is_a_failure_as_of_any_tool(shop: HttpSink) -> None:
    shop.status, shop.body = 404, {"error": "No such order"}
    with pytest.raises(ToolFailed, match="It refused with 404: No such order"):
        send(settings_of(shop, FIND), {"order": "7"}, acts=False)
    shop.status = 500
    with pytest.raises(ToolInDoubt):
        send(settings_of(shop, REFUND), {"path_order": "7", "amount": 3})


def test_an_argument_that_has_no_place_is_not_sent(shop: HttpSink) -> None:
    before = len(shop.requests)
    with pytest.raises(ToolFailed, match="it is one part of an address"):
        send(settings_of(shop, FIND), {"order": "../admin"}, acts=False)
    assert len(shop.requests) == before


def test_a_call_is_checked_before_it_is_made(shop: HttpSink) -> None:
    tenant = Tenant(allowed_hosts=[shop.host])
    settings = settings_of(shop, FIND, credential=KEYS["header"])
    openapi.check(settings, {"order": "7"}, tenant, frozenset({"shop"}))
    for args, secrets, hosts in (
        ({"order": ".."}, {"shop"}, [shop.host]),
        ({"order": "7"}, set(), [shop.host]),
        ({"order": "7"}, {"shop"}, []),
        ({}, {"shop"}, [shop.host]),
    ):
        tenant.allowed_hosts = hosts
        with pytest.raises(Invalid):
            openapi.check(settings, args, tenant, frozenset(secrets))
    with pytest.raises(Invalid):
        openapi.check_settings(raw_settings(url="nowhere"))

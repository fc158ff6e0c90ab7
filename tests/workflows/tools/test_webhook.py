"""Signed messages arrive over HTTP, and the library of the specification accepts them."""

import asyncio
import base64
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from tenants.errors import Invalid
from tenants.models import Tenant
from tenants.services.keys import RevealedSecret
from tests.fakes.doors import allow
from tests.fakes.sink import HttpSink
from workflows.tools import ToolFailed, ToolInDoubt, ToolRequest, egress, webhook

KEPT = {
    "old": "whsec_" + base64.b64encode(b"an-old-secret-of-32-bytes-length").decode(),
    "new": "whsec_" + base64.b64encode(b"a-new-secret-of-32-bytes-length!").decode(),
    "broken": "whsec_%%%",
    "nothing": "whsec_",
}
ARGS = {"order": "A-17", "note": "größer ✓"}


@pytest.fixture(scope="module")
def server() -> Iterator[HttpSink]:
    with HttpSink() as opened:
        yield opened


@pytest.fixture
def sink(server: HttpSink, monkeypatch: pytest.MonkeyPatch) -> HttpSink:
    allow(server.host)
    server.status, server.body = 200, {"ok": True}
    found = {name: RevealedSecret(value, name=name) for name, value in KEPT.items()}
    monkeypatch.setattr(webhook, "reveal_for_call", lambda name, url: found[name])
    return server


def settings_of(sink: HttpSink, *secrets: str) -> dict[str, Any]:
    named = [f"secret:{name}" for name in secrets or ("new",)]
    return {"url": f"{sink.url}/hook", "type": "order.settled", "secrets": named}


def send(settings: dict[str, Any], args: dict[str, Any] = ARGS) -> dict[str, Any]:
    resolved = webhook.resolve(settings, Tenant())
    request = ToolRequest("webhook", resolved, args, "the-key", timeout=5)
    # In a thread: a browser's test may have left a loop in this one.
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, _alone(request)).result()


async def _alone(request: ToolRequest) -> dict[str, Any]:
    egress._session.cache_clear()
    try:
        return await webhook.carry_out(request)
    finally:
        await egress._session().close()
        egress._session.cache_clear()


def verified(sink: HttpSink, secret: str) -> Any:
    """The last message, if a receiver with this secret accepts it."""
    sent = sink.requests[-1]
    return Webhook(KEPT[secret]).verify(bytes.fromhex(sent["raw"]), dict(sent["headers"]))


def test_a_message_is_accepted_by_who_has_the_secret_and_by_no_other(sink: HttpSink) -> None:
    assert send(settings_of(sink)) == {"status": 200, "body": {"ok": True}}
    message = verified(sink, "new")
    assert (message["type"], message["data"]) == ("order.settled", ARGS)
    assert sink.requests[-1]["headers"]["webhook-id"] == "the-key"
    with pytest.raises(WebhookVerificationError):
        verified(sink, "old")


def test_while_secrets_are_exchanged_both_accept_it(sink: HttpSink) -> None:
    send(settings_of(sink, "old", "new"))
    assert verified(sink, "old") == verified(sink, "new")


def test_a_changed_message_is_not_accepted(sink: HttpSink) -> None:
    send(settings_of(sink))
    raw = bytes.fromhex(sink.requests[-1]["raw"])
    sink.requests[-1]["raw"] = raw.replace(b"A-17", b"A-18").hex()
    with pytest.raises(WebhookVerificationError):
        verified(sink, "new")


@pytest.mark.parametrize(
    ("status", "kind"),
    [(410, ToolFailed), (429, ToolFailed), (500, ToolInDoubt), (302, ToolInDoubt)],
)
def test_another_answer_is_no_success(sink: HttpSink, status: int, kind: type[Exception]) -> None:
    sink.status = status
    with pytest.raises(kind):
        send(settings_of(sink))


def test_a_secret_that_signs_nothing_is_said_before_anything_is_sent(sink: HttpSink) -> None:
    before = len(sink.requests)
    for name in ("broken", "nothing"):
        with pytest.raises(Invalid, match=f"The secret {name} can't sign"):
            send(settings_of(sink, name))
    assert len(sink.requests) == before


def test_half_a_character_is_not_sent(sink: HttpSink) -> None:
    before = len(sink.requests)
    with pytest.raises(ToolFailed, match="can't be sent"):
        send(settings_of(sink), {"note": "\ud800"})
    assert len(sink.requests) == before


def test_an_answer_that_repeats_the_secret_is_kept_without_it(sink: HttpSink) -> None:
    sink.body = {"said": KEPT["new"]}
    assert KEPT["new"] not in json.dumps(send(settings_of(sink)))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"type": "two words"}, "words with dots"),
        ({"type": ""}, "words with dots"),
        ({"secrets": []}, "list of one secret"),
        ({"secrets": ["sesame"]}, "list of one secret"),
        ({"secrets": ["secret:a"] * 3}, "list of one secret"),
        ({"secrets": "secret:a"}, "list of one secret"),
        ({"url": 5}, "url is"),
        ({"method": "GET"}, "has no method"),
    ],
)
def test_wrong_settings_are_refused_when_they_are_saved(change: dict[str, Any], said: str) -> None:
    settings = {"url": "https://crm.example/", "type": "a.b", "secrets": ["secret:a"]}
    webhook.check_settings(settings)
    with pytest.raises(Invalid, match=said):
        webhook.check_settings(settings | change)


def test_what_can_not_be_sent_is_refused_before_it_is_proposed() -> None:
    settings = {"url": "https://crm.example/", "type": "a.b", "secrets": ["secret:a"]}
    tenant, kept = Tenant(allowed_hosts=["crm.example"]), frozenset({"a"})
    webhook.check(settings, {}, tenant, kept)
    with pytest.raises(Invalid, match="allowed hosts"):
        webhook.check(settings, {}, Tenant(allowed_hosts=[]), kept)
    with pytest.raises(Invalid, match="secret a is not kept"):
        webhook.check(settings, {}, tenant, frozenset())
    with pytest.raises(Invalid, match="20 kB"):
        webhook.check(settings, {"text": "x" * 30_000}, tenant, kept)

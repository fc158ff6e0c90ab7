"""Calls of HTTP tools: to public addresses and named ones, checked when the connection is made."""

import asyncio
import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tenants.errors import Invalid
from tenants.services.tenants import _check_hosts
from tests.fakes.doors import allow
from tests.fakes.proxy import TunnelProxy
from tests.fakes.sink import HttpSink
from workflows.tools import ToolFailed, ToolInDoubt, bodies, egress

SECRET = {"Authorization": "Bearer canary"}
LOOPBACK = [
    "127.0.0.1",
    "127.1",
    "0x7f.1",
    "0x7f000001",
    "2130706433",
    "0177.0.0.1",
    "0",
    "localhost",
    "127.0.0.2",
]


@pytest.fixture
def inside() -> Iterator[HttpSink]:
    with HttpSink() as made:
        yield made


def send(url: str, **more: Any) -> tuple[int, Any]:
    """One request, in a loop and a session of its own."""

    async def go() -> tuple[int, Any]:
        egress._session.cache_clear()
        try:
            given = {"headers": SECRET, "json": {}, "timeout": 4} | more
            answer = await egress.send_request("POST", url, **given)
            return answer.status, bodies.decode_body(answer.kind, answer.body)
        finally:
            await egress._session().close()
            egress._session.cache_clear()

    # Browser tests may have left a loop running in this thread.
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, go()).result()


@pytest.mark.parametrize("host", [*LOOPBACK, "169.254.169.254", "metadata.google.internal"])
def test_a_host_that_says_it_leads_inside_is_refused_when_it_is_set(host: str) -> None:
    """G3."""
    with pytest.raises(Invalid, match="leads to an address inside"):
        _check_hosts([f"{host}:8080"])
    with pytest.raises(Invalid, match="leads to an address inside"):
        egress.check_url(f"http://{host}:8080/x", [f"{host}:8080"])


@pytest.mark.parametrize("host", LOOPBACK)
def test_loopback_is_not_called_in_any_spelling(inside: HttpSink, host: str) -> None:
    """G3: refused when connecting too, with no credential sent; it surely did not act."""
    with pytest.raises(ToolFailed) as raised:
        send(f"http://{host}:{inside.port}/latest/meta-data/")
    assert not raised.value.retryable
    assert inside.requests == []


def answers(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> list[str]:
    """Let the name service answer so, one after the other; the last stays."""
    left = list(addresses)
    asked: list[str] = []

    def getaddrinfo(host: str, port: int, *args: Any, **more: Any) -> list[Any]:
        asked.append(host)
        address = left.pop(0) if len(left) > 1 else left[0]
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        place = (address, port, 0, 0) if ":" in address else (address, port)
        return [(family, socket.SOCK_STREAM, 6, "", place)]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return asked


@pytest.mark.parametrize("address", ["127.0.0.1", "::ffff:127.0.0.1", "::1"])
def test_a_name_that_leads_inside_is_refused_when_connecting(
    inside: HttpSink, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    """G3: the list holds the name, and only its address tells."""
    asked = answers(monkeypatch, address)
    url = f"http://rebound.example:{inside.port}/"
    egress.check_url(url, [f"rebound.example:{inside.port}"])
    with pytest.raises(ToolFailed, match="leads to an address inside") as raised:
        send(url)
    assert not raised.value.retryable
    assert (asked, inside.requests) == (["rebound.example"], [])


def test_a_name_that_changes_its_address_is_looked_up_once_for_check_and_call(
    inside: HttpSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    """G3: what is called is what was checked, so the second answer never counts."""
    asked = answers(monkeypatch, "192.0.2.1", "127.0.0.1")
    with pytest.raises(ToolFailed):
        send(f"http://rebound.example:{inside.port}/")
    assert (asked, inside.requests) == (["rebound.example"], [])


def test_a_named_host_and_port_is_called(inside: HttpSink) -> None:
    allow(inside.host)
    assert send(inside.url)[0] == 200
    with HttpSink() as other, pytest.raises(ToolFailed):
        send(other.url)


def test_a_redirect_is_not_followed(inside: HttpSink) -> None:
    """G3."""
    allow(inside.host)
    inside.status, inside.body = 307, json.dumps({}).encode()
    assert send(inside.url)[0] == 307
    assert len(inside.requests) == 1


def test_a_broken_connection_is_still_in_doubt(inside: HttpSink) -> None:
    allow(inside.host)
    inside.status = None
    with pytest.raises(ToolInDoubt):
        send(inside.url)


def test_an_address_read_apart_by_two_readers_is_not_called(inside: HttpSink) -> None:
    """G9."""
    for url in (rf"http://127.0.0.1:{inside.port}\.shop.example/", "http://a@shop.example/", "x"):
        with pytest.raises(ToolFailed):
            send(url)
        with pytest.raises(Invalid):
            egress.check_url(url, ["shop.example"])


@pytest.mark.parametrize(
    "url",
    [
        "http://" + "a" * 70 + ".example/",
        "http://a..example/",
        "http://{host}:99999/",
        "http://{host}/ a\r\nX: y",
    ],
)
def test_what_can_not_be_sent_is_no_doubt(inside: HttpSink, url: str) -> None:
    allow(inside.host)
    with pytest.raises(ToolFailed) as raised:
        send(url.format(host=inside.host))
    assert inside.requests == []
    assert len(str(raised.value)) > 20


@pytest.mark.parametrize(
    ("name", "value"),
    [("X-Key", "\u00f6"), ("X-Key", "a\nb"), ("X Key", "a"), ("", "a"), ("X:", "")],
)
def test_a_header_that_can_not_be_sent_is_no_doubt_and_is_not_told(
    inside: HttpSink, name: str, value: str
) -> None:
    allow(inside.host)
    with pytest.raises(ToolFailed, match="header") as raised:
        send(inside.url, headers={name: value})
    assert inside.requests == []
    assert "\u00f6" not in str(raised.value)


@pytest.mark.parametrize("args", [{"a": float("inf")}, {"a": float("nan")}, {"a": object()}])
def test_arguments_that_are_no_json_are_no_doubt(inside: HttpSink, args: dict[str, Any]) -> None:
    allow(inside.host)
    with pytest.raises(ToolFailed, match="can't be sent"):
        send(inside.url, json=args)
    assert inside.requests == []


def test_a_server_that_can_not_be_reached_in_time_was_not_asked() -> None:
    """A listener whose queue is full lets nobody in: the time runs out before anything is sent."""
    with socket.socket() as full, socket.socket() as first, socket.socket() as second:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for waiting in (first, second):
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        host = f"127.0.0.1:{full.getsockname()[1]}"
        allow(host)
        with pytest.raises(ToolFailed) as raised:
            send(f"http://{host}/", timeout=0.5)
        assert raised.value.retryable


def test_a_call_goes_through_the_deployments_proxy_to_the_checked_address(
    inside: HttpSink, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    """G3: one look-up for check and call, also where a proxy makes the connection."""
    with TunnelProxy(to=inside.port) as proxy:
        settings.OUTBOUND_PROXY = proxy.url
        asked = answers(monkeypatch, "93.184.215.14", "10.0.0.1")
        assert send("http://shop.example/orders")[0] == 200
        assert (asked, proxy.asked) == (["shop.example"], ["93.184.215.14:80"])
        assert inside.requests[0]["headers"]["Host"] == "shop.example"
        assert proxy.plain == []


def test_a_proxy_that_resolves_gets_the_name_and_no_address_inside(
    inside: HttpSink, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.OUTBOUND_PROXY_RESOLVES = True
    with TunnelProxy(to=inside.port) as proxy:
        settings.OUTBOUND_PROXY = proxy.url
        asked = answers(monkeypatch, "10.0.0.1")
        assert send("http://shop.example/orders")[0] == 200
        for host in ("127.0.0.1", "2130706433", "metadata.google.internal"):
            with pytest.raises(ToolFailed, match="leads to an address inside"):
                send(f"http://{host}/")
        assert (asked, proxy.asked) == ([], ["shop.example:80"])


def test_a_proxy_without_a_connection_is_a_failure_where_nothing_was_sent(
    inside: HttpSink, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    with TunnelProxy(to=inside.port, status=407) as proxy:
        settings.OUTBOUND_PROXY = proxy.url
        answers(monkeypatch, "93.184.215.14")
        with pytest.raises(
            ToolFailed, match=r"shop.example: the proxy .+ made none \(407\)"
        ) as one:
            send("http://shop.example/orders")
    assert one.value.retryable
    assert inside.requests == []


def test_tls_through_the_proxy_is_checked_by_the_hosts_name(
    inside: HttpSink, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    """The far end speaks no TLS, so the handshake fails: nothing of the request was sent."""
    with TunnelProxy(to=inside.port) as proxy:
        settings.OUTBOUND_PROXY = proxy.url
        answers(monkeypatch, "93.184.215.14")
        with pytest.raises(ToolFailed, match="No connection to shop"):
            send("https://shop.example/orders")
        assert proxy.asked == ["93.184.215.14:443"]
    assert inside.requests == []

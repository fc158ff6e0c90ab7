"""Pages ask allowed hosts only, at addresses that were checked."""

from typing import Any

import pytest

from tests.fakes.pages import PageServer
from tests.fakes.proxy import TunnelProxy
from tests.tenants.network.test_proxies import PUBLIC, answers
from tests.workflows.browser.page_kit import (
    NEEDS_CHROMIUM,
    page,
    request_of,
    work,
)
from workflows.browser.proxy import parse_head
from workflows.exceptions.causes import Cause
from workflows.tools import ToolFailed

pytestmark = NEEDS_CHROMIUM


def test_a_redirect_to_another_host_is_refused(site: PageServer, other: PageServer) -> None:
    """G3"""
    site.pages["/"] = lambda handler: handler.answer(b"", 302, Location=f"{other.url}/")
    with pytest.raises(ToolFailed, match=other.host) as failed:
        work(request_of(site))
    assert failed.value.cause is Cause.HOST
    assert other.requests == []


def test_a_page_asks_no_other_host_by_any_way(site: PageServer, other: PageServer) -> None:
    """G3, G9: also addresses that mean this machine, its network and a cloud's metadata."""
    ws = other.url.replace("http", "ws")
    port = other.host.partition(":")[2]
    site.pages["/"] = page(f"""<p id=said>waiting</p>
        <img src="{other.url}/image"><script src="{other.url}/script"></script>
        <iframe src="{other.url}/frame"></iframe><link rel=stylesheet href="{other.url}/style">
        <link rel=prefetch href="{other.url}/prefetch"><link rel=dns-prefetch href="//x.example">
        <img src="http://localhost:{port}/name"><img src="http://[::1]:{port}/six">
        <img src="http://2130706433:{port}/number"><img src="http://169.254.169.254/latest/meta-data">
        <img src="http://10.0.0.1/private"><img src="file:///etc/passwd">
        <script>
        navigator.sendBeacon("{other.url}/beacon", "x");
        const tries = [
          fetch("{other.url}/fetch", {{mode: "no-cors"}}),
          fetch("{other.url}/send", {{mode: "no-cors", method: "POST", body: "x"}}),
          new Promise((yes, no) => {{
            const socket = new WebSocket("{ws}/socket");
            socket.onopen = yes; socket.onerror = no; }}),
          new Promise((yes, no) => {{
            const events = new EventSource("{other.url}/events");
            events.onopen = yes; events.onerror = no; }}),
        ];
        Promise.allSettled(tries).then(all => {{
          document.getElementById("said").textContent = all.map(one => one.status).join(" "); }});
        </script>""")
    request = request_of(
        site, steps=[{"wait": "css=#said:not(:text('waiting'))"}], read="css=#said"
    )
    request.settings["allowed"] += ["169.254.169.254", "10.0.0.1"]  # named, and still inside
    done = work(request)
    assert done["text"] == "rejected rejected rejected rejected"
    assert other.requests == []
    assert other.host in done["refused_hosts"]
    assert "169.254.169.254" in done["refused_hosts"]


def test_a_link_that_leads_to_another_host_is_not_followed(
    site: PageServer, other: PageServer
) -> None:
    site.pages["/"] = page(f'<a href="{other.url}/">On</a>')
    with pytest.raises(ToolFailed):
        work(request_of(site, steps=[{"click": "On"}, {"wait": "other"}], seconds=5))
    assert other.requests == []


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/1.1",
        b"GET https://shop.example/ HTTP/1.1",
        b"GET http://a@shop.example/ HTTP/1.1",
        b"GET http://shop.example/ x HTTP/1.1",
        b"CONNECT shop.example:443@other.example HTTP/1.1",
        b"CONNECT [::1]:443 HTTP/1.1",
        b"GET http://shop.example/ HTTP/1.1\r\nno header",
        b"GET http://shop.example/ HTTP/1.1\r\n folded: x",
        b"GET http://shop.example/ HTTP/1.1\r\nx: a\nb: c",
        b"POST http://shop.example/ HTTP/1.1\r\nContent-Length: +5",
        b"POST http://shop.example/ HTTP/1.1\r\nTransfer-Encoding: chunked",
    ],
)
def test_a_request_that_can_be_read_in_two_ways_is_none(head: bytes) -> None:
    assert parse_head(head + b"\r\n\r\n") is None


def test_a_host_gets_the_request_without_what_is_for_the_proxy() -> None:
    request = parse_head(
        b"GET http://shop.example/a?b HTTP/1.1\r\nHost: shop.example\r\n"
        b"Proxy-Authorization: Basic eA==\r\nProxy-Connection: keep-alive\r\n\r\n"
    )
    assert request is not None
    assert request.head == (b"GET /a?b HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n")


def test_a_page_is_loaded_through_the_deployments_proxy(
    site: PageServer, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    answers(monkeypatch, pages=PUBLIC)
    site.pages["/"] = page("<p id=said>Hello.</p>")
    request = request_of(site, start="http://pages.example/", read="css=#said")
    request.settings["allowed"] = ["pages.example"]
    with TunnelProxy(to=int(site.host.partition(":")[2])) as proxy:
        settings.OUTBOUND_PROXY = proxy.url
        assert work(request)["text"] == "Hello."
        assert set(proxy.asked) == {f"{PUBLIC}:80"}

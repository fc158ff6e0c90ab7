"""HTTP to hosts outside goes through the deployment's proxy, to the addresses that were checked."""

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tenants.errors import Invalid
from tenants.network import outbound, proxies, sessions
from tests.fakes.doors import allow
from tests.fakes.proxy import TunnelProxy
from tests.fakes.sink import HttpSink

PUBLIC = "93.184.215.14"


def answers(monkeypatch: pytest.MonkeyPatch, **known: str) -> None:
    """Let the name service know these first labels of ``….example`` alone."""
    real = socket.getaddrinfo

    def getaddrinfo(host: Any, port: Any, *args: Any, **more: Any) -> list[Any]:
        if not str(host).endswith(".example"):
            return list(real(host, port, *args, **more))
        address = known.get(str(host).partition(".")[0])
        if address is None:
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


def test_a_library_of_requests_goes_through_it(
    monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    answers(monkeypatch, chat=PUBLIC)
    with HttpSink() as shop, TunnelProxy(to=shop.port) as proxy:
        settings.OUTBOUND_PROXY = proxy.url.replace("//", "//crew:p%40ss@")
        said = sessions.CheckedRequests().post("http://chat.example:8080/hook", json={"a": 1})
        assert said.status_code == 200
        assert (proxy.asked, proxy.users) == ([f"{PUBLIC}:8080"], ["crew:p@ss"])
        [request] = shop.requests
        assert (request["path"], request["headers"]["Host"]) == ("/hook", "chat.example:8080")
        assert "Proxy-Authorization" not in request["headers"]


@pytest.mark.parametrize("resolves", [False, True])
def test_an_address_inside_is_refused_before_the_proxy_hears_of_it(
    monkeypatch: pytest.MonkeyPatch, settings: Any, resolves: bool
) -> None:
    """G3: by its text in both cases, by its address where it is looked up here."""
    answers(monkeypatch, rebound="10.0.0.1")
    settings.OUTBOUND_PROXY_RESOLVES = resolves
    with HttpSink() as shop, TunnelProxy(to=shop.port) as proxy:
        settings.OUTBOUND_PROXY = proxy.url
        hosts = ["169.254.169.254", "0x7f.1", "localhost", "[::1]"]
        hosts.append("crm.internal" if resolves else "rebound.example")
        for host in hosts:
            with pytest.raises(Invalid, match="leads to an address inside"):
                sessions.CheckedSession().get(f"http://{host}/")
        assert (proxy.asked, proxy.plain, shop.requests) == ([], [], [])


def test_a_proxy_that_resolves_gets_the_name(
    monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    """Where no name of the internet is known inside."""
    answers(monkeypatch)
    settings.OUTBOUND_PROXY_RESOLVES = True
    with HttpSink() as shop, TunnelProxy(to=shop.port) as proxy:
        settings.OUTBOUND_PROXY = proxy.url
        proxies.check_host("shop.example", 80)
        assert sessions.CheckedSession().get("http://shop.example/").status_code == 200
        assert proxy.asked == ["shop.example:80"]


def test_a_host_that_the_deployment_names_is_called_directly(settings: Any) -> None:
    with HttpSink() as inside, TunnelProxy(to=inside.port) as proxy:
        settings.OUTBOUND_PROXY = proxy.url
        allow(inside.host)
        assert sessions.CheckedSession().get(inside.url).status_code == 200
        assert proxy.asked == []


def test_a_proxy_that_refuses_or_is_gone_is_told_without_its_address(
    monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    answers(monkeypatch, shop=PUBLIC)
    with TunnelProxy(to=9, status=403) as proxy:
        settings.OUTBOUND_PROXY = proxy.url
        with pytest.raises(proxies.ProxyFailed, match=r"proxy for calls outside made none \(403\)"):
            proxies.connect_outside("shop.example", 443, 2)
    with pytest.raises(proxies.ProxyFailed, match="can't be reached") as raised:
        proxies.connect_outside("shop.example", 443, 2)
    assert str(proxy.port) not in str(raised.value)


def test_a_proxy_that_says_nothing_is_waited_for_no_longer_than_asked(
    monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    answers(monkeypatch, shop=PUBLIC)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings.OUTBOUND_PROXY = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(TimeoutError):
            proxies.connect_outside("shop.example", 443, 0.3)


def test_a_proxy_where_something_listens_is_reachable(settings: Any) -> None:
    with TunnelProxy(to=9) as proxy:
        settings.OUTBOUND_PROXY = proxy.url
        assert proxies.is_reachable()
    assert not proxies.is_reachable(1)


def test_an_unknown_name_is_no_matter_of_the_proxy(
    monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    answers(monkeypatch)
    settings.OUTBOUND_PROXY = "http://127.0.0.1:9"
    with pytest.raises(socket.gaierror):
        proxies.connect_outside("shop.example", 443, 2)
    with pytest.raises(outbound.AddressRefused):
        proxies.check_host("localhost", 443)


@pytest.mark.parametrize(
    "value", ["proxy.internal:3128", "https://proxy.internal:3128", "http://proxy.internal", "x"]
)
def test_a_setting_that_is_no_proxy_is_refused_at_the_start(value: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import portal.settings"],
        env={**os.environ, "HANDRAIL_OUTBOUND_PROXY": value},
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "HANDRAIL_OUTBOUND_PROXY must be as http://proxy.internal:3128" in done.stderr

"""Connections to hosts that people chose: the address that was checked, and an end to waiting."""

import socket
import time
from typing import Any

import pytest

from tenants.errors import Invalid
from tenants.network import outbound
from tests.fakes.doors import allow
from tests.fakes.sink import HttpSink


def answers(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    """Let the name service give these addresses for every name."""

    def getaddrinfo(host: str, port: int, *args: Any, **more: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, port)) for a in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


def test_a_name_of_which_one_address_is_inside_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """G3: whichever comes first."""
    for addresses in (("192.0.2.1",), ("8.8.8.8", "10.0.0.1"), ("10.0.0.1", "8.8.8.8")):
        answers(monkeypatch, *addresses)
        with pytest.raises(outbound.AddressRefused):
            outbound.connect("mixed.example", 80, 1)


def test_a_named_host_is_connected_to_at_its_address(monkeypatch: pytest.MonkeyPatch) -> None:
    with HttpSink() as inside:
        allow(f"crm.internal:{inside.port}")
        answers(monkeypatch, "127.0.0.1")
        with outbound.connect("crm.internal", inside.port, 2) as made:
            assert made.getpeername() == ("127.0.0.1", inside.port)
        with pytest.raises(outbound.AddressRefused):
            outbound.connect("other.internal", inside.port, 2)


def test_many_addresses_where_nobody_answers_take_no_longer_than_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """G8: the time is for all of them together."""
    answers(monkeypatch, *["8.8.8.8"] * 50)

    def silent(self: socket.socket, address: Any) -> None:
        time.sleep(min(self.gettimeout() or 0, 0.2))
        raise TimeoutError("timed out")

    class Silent(socket.socket):
        connect = silent

    began = time.monotonic()
    with pytest.raises(TimeoutError):
        outbound.connect("slow.example", 80, 0.5, kind=Silent)
    assert time.monotonic() - began < 1.5


def test_a_host_that_says_it_leads_inside_is_refused_in_words() -> None:
    with pytest.raises(Invalid, match="HANDRAIL_ALLOWED_PRIVATE_HOSTS") as raised:
        outbound.check_outbound_host("localhost", 8025)
    assert raised.value.code == "inside_address"
    allow("localhost:8025")
    outbound.check_outbound_host("localhost", 8025)

"""Whose address a request comes from, behind trusted proxies and without."""

import pytest

from portal.middleware.client_address import client_address, networks

TRUSTED = networks(["10.0.0.0/24", "2001:db8:1::/48"])


@pytest.mark.parametrize(
    ("peer", "forwarded", "found"),
    [
        ("203.0.113.9", "", "203.0.113.9"),
        ("203.0.113.9", "1.2.3.4", "203.0.113.9"),  # anybody may write the header
        ("10.0.0.7", "1.2.3.4", "1.2.3.4"),
        ("10.0.0.7", "6.6.6.6, 1.2.3.4", "1.2.3.4"),  # what the client wrote before
        ("10.0.0.7", "1.2.3.4, 10.0.0.8", "1.2.3.4"),
        ("10.0.0.7", "6.6.6.6, 10.0.0.9, 1.2.3.4, 10.0.0.8", "1.2.3.4"),
        ("10.0.0.7", "10.0.0.8", "10.0.0.8"),
        ("10.0.0.7", "", "10.0.0.7"),
        ("10.0.0.7", "unknown", "10.0.0.7"),
        ("10.0.0.7", "1.2.3.4, junk", "10.0.0.7"),
        ("10.0.0.7", "1.2.3.4:5678", "1.2.3.4"),
        ("10.0.0.7", "[2001:db8:2::1]:443", "2001:db8:2::1"),
        ("::ffff:10.0.0.7", "1.2.3.4", "1.2.3.4"),
        ("2001:db8:1::5", "2001:db8:2::1", "2001:db8:2::1"),
        ("", "1.2.3.4", ""),
    ],
)
def test_only_a_trusted_proxy_says_for_whom_it_stands(
    peer: str, forwarded: str, found: str
) -> None:
    assert client_address(peer, forwarded, TRUSTED) == found


def test_without_trusted_proxies_the_header_is_nothing() -> None:
    assert client_address("127.0.0.1", "1.2.3.4", []) == "127.0.0.1"


def test_a_proxy_is_an_address_or_a_network() -> None:
    for entry in ("proxy.example", "10.0.0.1/8", "*", "10.0.0"):
        with pytest.raises(ValueError):
            networks([entry])
